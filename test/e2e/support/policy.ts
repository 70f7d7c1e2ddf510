import { readFileSync } from 'node:fs'
import { root } from '../../../scripts/doors.mjs'

/**
 * The policy that SECURITY.md tells people to use, as headers, with another service in the place of Deepgram.
 *
 * Read from the document itself, so that what is documented is what is tested.
 */
export function policyOf(serviceUrl: string): Record<string, string> {
  const text = readFileSync(`${root}/SECURITY.md`, 'utf8')
  const headers: Record<string, string> = {}
  for (const name of ['Content-Security-Policy', 'Permissions-Policy']) {
    const [, value] = new RegExp(`^${name}: (.+)$`, 'm').exec(text) ?? []
    if (!value) throw new Error(`SECURITY.md documents no ${name}.`)
    headers[name] = value.replace('wss://api.deepgram.com', serviceUrl)
  }
  return headers
}
