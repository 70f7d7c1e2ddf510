'use client'

/**
 * Puts text on the clipboard; call it in a click.
 *
 * @returns whether it is there.
 */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    // No clipboard on an insecure page, or none for this frame: there is nothing to be done but to say so.
    return false
  }
}
