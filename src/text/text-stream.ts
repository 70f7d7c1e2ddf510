/** A text that grows; see {@link createTextStream}. */
export interface TextStream extends AsyncIterable<string> {
  /** Adds to the text. Does nothing after the end, or when nobody reads any more. */
  readonly push: (text: string) => void
  /** There is no more. */
  readonly end: () => void
}

/**
 * Creates a text to push into, for sources that are neither an async iterable nor a stream: `speak()` takes it as it takes
 * those. It is read once.
 */
export function createTextStream(): TextStream {
  let pieces: string[] = []
  let isOver = false
  let wake = (): void => {}
  const end = (): void => {
    isOver = true
    wake()
  }
  return {
    push(text) {
      if (isOver || !text) return
      pieces.push(text)
      wake()
    },
    end,
    [Symbol.asyncIterator]: () => ({
      async next() {
        while (!pieces.length) {
          if (isOver) return { done: true, value: undefined }
          await new Promise<void>((resolve) => (wake = resolve))
        }
        // What has gathered meanwhile is one piece.
        const value = pieces.join('')
        pieces = []
        return { done: false, value }
      },
      return() {
        pieces = []
        end()
        return Promise.resolve({ done: true, value: undefined })
      },
    }),
  }
}
