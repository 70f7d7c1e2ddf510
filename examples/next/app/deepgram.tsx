'use client'

import type { ReactNode } from 'react'
import { createTokenFetcher, DeepgramProvider } from 'react-deepgram'

const getToken = createTokenFetcher('/api/deepgram/token')

/** A function cannot travel from a server component to a client component, so the provider stands in a file of its own. */
export function Deepgram({ baseUrl, children }: { baseUrl?: string | undefined; children: ReactNode }) {
  return (
    <DeepgramProvider getToken={getToken} baseUrl={baseUrl}>
      {children}
    </DeepgramProvider>
  )
}
