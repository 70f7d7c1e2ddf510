import { createTokenHandler } from 'react-deepgram/server'

export const POST = createTokenHandler({
  apiKey: () => process.env.DEEPGRAM_API_KEY,
  baseUrl: process.env.DEEPGRAM_BASE_URL,
  // In an application: only for users who are signed in. Whoever passes here speaks and listens at your expense.
  authorize: () => true,
})
