'use client'

/**
 * Puts text on the clipboard; call it in a click. The text may still be on its way.
 *
 * @returns whether it is there.
 */
export async function copyText(text: Promise<string> | string): Promise<boolean> {
  const clipboard = globalThis.navigator?.clipboard as Clipboard | undefined
  try {
    // Safari forgets the click over an `await`, but waits for what an item promises.
    if (typeof text !== 'string' && typeof ClipboardItem !== 'undefined' && clipboard?.write) {
      const blob = text.then((plain) => new Blob([plain], { type: 'text/plain' }))
      await clipboard.write([new ClipboardItem({ 'text/plain': blob })])
    } else await clipboard!.writeText(await text)
    return true
  } catch {
    // No clipboard on an insecure page, or none for this frame: there is nothing to be done but to say so.
    return false
  }
}
