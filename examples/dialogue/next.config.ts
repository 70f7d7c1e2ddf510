import type { NextConfig } from 'next'

const config: NextConfig = {
  reactStrictMode: true,
  // The address that the browser is told; Next's development server takes others for strangers.
  allowedDevOrigins: ['127.0.0.1'],
}

export default config
