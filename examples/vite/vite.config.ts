import react from '@vitejs/plugin-react'
import { createTokenHandler, toNodeHandler } from 'react-deepgram/server'
import { startDeepgramEmulator } from 'react-deepgram/testing/node'
import { defineConfig, type Plugin } from 'vite'

/** The token route, for `vite` and `vite preview`. Without DEEPGRAM_API_KEY, an emulator on this machine is Deepgram. */
function deepgram(): Plugin {
  const { DEEPGRAM_API_KEY: apiKey = '', EMULATOR_PORT = '8787' } = process.env
  const baseUrl = apiKey ? undefined : `ws://127.0.0.1:${EMULATOR_PORT}`
  const route = toNodeHandler(
    createTokenHandler({
      apiKey: apiKey || 'emulator-key',
      baseUrl: baseUrl?.replace('ws:', 'http:'),
      // In an application: only for users who are signed in. Whoever passes here speaks and listens at your expense.
      authorize: () => true,
    }),
  )
  const serve = async ({ middlewares }: { middlewares: { use(path: string, handler: typeof route): unknown } }) => {
    if (baseUrl) await startDeepgramEmulator({ port: Number(EMULATOR_PORT) })
    middlewares.use('/api/deepgram/token', route)
  }
  return {
    name: 'deepgram',
    config: () => ({ define: { __DEEPGRAM_URL__: JSON.stringify(baseUrl) ?? 'undefined' } }),
    configureServer: serve,
    configurePreviewServer: serve,
  }
}

export default defineConfig({ plugins: [react(), deepgram()] })
