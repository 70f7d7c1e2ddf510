import type { Metadata } from 'next'
import type { ReactNode } from 'react'
import 'react-deepgram/styles.css'
import './page.css'

export const metadata: Metadata = { title: 'A conversation', icons: 'data:,' }

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  )
}
