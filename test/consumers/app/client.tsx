import { hydrateRoot } from 'react-dom/client'
import 'react-deepgram/styles.css'
import { app } from './every.tsx'

const root = document.getElementById('root')!
hydrateRoot(root, app({ baseUrl: root.dataset['baseUrl']! }), {
  onRecoverableError: (error) => console.error(error),
})
