import { renderToString } from 'react-dom/server'
import { app, names } from './every.tsx'

console.log(JSON.stringify({ names, html: renderToString(app({ baseUrl: process.argv[2]! })) }))
