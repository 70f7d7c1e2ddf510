/** How a browser writes: of each kind of text its width, its height and how much ink it takes. */
export type Writing = Record<string, [width: number, height: number, ink: number]>

/**
 * Writes a line of each kind and measures it. Two machines that agree have the same fonts and draw them alike. Refers to
 * nothing outside, so that it can be handed to a page of a driven browser.
 *
 * @param families - Lists of fonts that are written with, beside the system's own.
 */
export function writingOf(families: readonly string[]): Writing {
  const latin = 'The quick brown fox jumps over the lazy dog, 0123456789.'
  const lines: [font: string, text: string][] = [
    ...families.map((family): [string, string] => [family, latin]),
    ['sans-serif', latin],
    ['monospace', latin],
    ['sans-serif', 'البحيرة والبرجين القديمين'],
    ['sans-serif', 'שלום לכולם'],
    ['sans-serif', '読書室へようこそ。'],
    ['sans-serif', '▶ ■ … “” → 🦊'],
  ]
  const canvas = document.createElement('canvas')
  canvas.width = 800
  canvas.height = 64
  const context = canvas.getContext('2d', { willReadFrequently: true })!
  const round = (value: number): number => Math.round(value * 100) / 100
  return Object.fromEntries(
    lines.map(([font, text]) => {
      context.clearRect(0, 0, canvas.width, canvas.height)
      context.font = `24px ${font}`
      context.textBaseline = 'top'
      context.fillText(text, 8, 8)
      const { width, fontBoundingBoxAscent, fontBoundingBoxDescent } = context.measureText(text)
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height)
      const ink = data.reduce((sum, value, i) => (i % 4 === 3 ? sum + value : sum), 0) / 255
      return [
        `"${text.slice(0, 9)}" in ${font.split(',')[0]}`,
        [round(width), round(fontBoundingBoxAscent + fontBoundingBoxDescent), Math.round(ink)],
      ]
    }),
  )
}
