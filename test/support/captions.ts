/** One caption as a reader of the format finds it. Times in milliseconds. */
export interface ParsedCue {
  start: number
  end: number
  /** One for each voice span; text outside of spans has the name `''`. */
  voices: { name: string; lines: string[] }[]
}

const fail = (why: string, text: string): never => {
  throw new Error(`${why}: ${JSON.stringify(text)}`)
}

function readTime(text: string, grammar: RegExp): number {
  const found = grammar.exec(text) ?? fail('no timestamp', text)
  const [hours, minutes, seconds, ms] = found.slice(1).map((digits) => Number(digits ?? 0))
  return ((hours! * 60 + minutes!) * 60 + seconds!) * 1000 + ms!
}

const VTT_TIME = /^(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})$/
const REFERENCES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&lrm;': '\u200e',
  '&rlm;': '\u200f',
  '&nbsp;': '\u00a0',
}

function unescapeVtt(text: string): string {
  if (/[<>]/.test(text)) fail('markup where text should be', text)
  return text.replace(/&[^;]*;?/g, (reference) => REFERENCES[reference] ?? fail('no character reference', reference))
}

/** Reads the payload of a cue: text and closed voice spans, as W3C WebVTT section 4.2.2 spells them. */
function readPayload(payload: string): ParsedCue['voices'] {
  const voices: ParsedCue['voices'] = []
  let rest = payload
  while (rest !== '') {
    const span = /^<v(?:\.[^\s.&<>]+)*[ \t]([^\n>]+)>([^<]*)<\/v>/.exec(rest)
    const text = span ? span[2]! : /^[^<]+/.exec(rest)?.[0]
    if (text === undefined) return fail('a tag that is no closed voice span', rest)
    const name = span ? unescapeVtt(span[1]!).trim() : ''
    if (span && name === '') fail('a voice without a name', rest)
    const lines = unescapeVtt(text)
      .split('\n')
      .filter((line) => line !== '')
    if (lines.length > 0) voices.push({ name, lines })
    rest = rest.slice(span ? span[0].length : text.length)
  }
  return voices
}

/** Reads a WebVTT file by the W3C grammar, section 4.1, and throws at the first thing that it does not allow. */
export function parseWebVTT(file: string): ParsedCue[] {
  const [header, ...blocks] = file
    .replace(/^\ufeff/, '')
    .replace(/\r\n?/g, '\n')
    .split(/\n{2,}/)
  if (file.includes('\0')) fail('a NUL', file)
  if (!/^WEBVTT(?:[ \t][^\n]*)?\n?$/.test(header!) || !/^[^\n]*\n/.test(file)) fail('no signature line', header!)
  const cues: ParsedCue[] = []
  for (const block of blocks) {
    const lines = block.split('\n').filter((line, index, all) => line !== '' || index < all.length - 1)
    if (lines.length === 0 || /^NOTE(?:\s|$)/.test(lines[0]!)) continue
    if (!lines[0]!.includes('-->')) lines.shift()
    const timing = /^(\S+)[ \t]+-->[ \t]+(\S+)$/.exec(lines[0] ?? '') ?? fail('no timing', block)
    const [start, end] = [readTime(timing[1]!, VTT_TIME), readTime(timing[2]!, VTT_TIME)]
    const payload = lines.slice(1)
    if (payload.length === 0) fail('a cue without text', block)
    if (payload.some((line) => line.includes('-->') || line === '')) fail('a payload that ends early', block)
    cues.push({ start, end, voices: readPayload(payload.join('\n')) })
  }
  return checkTimes(cues)
}

const SRT_TIME = /^(\d{2,}):([0-5]\d):([0-5]\d),(\d{3})$/

/** Reads a SubRip file as players do: a number, times, text up to a blank line; and throws where they would stumble. */
export function parseSRT(file: string): ParsedCue[] {
  const cues = file
    .split(/\n{2,}/)
    .filter((block) => block !== '')
    .map((block, index): ParsedCue => {
      const [number, times = '', ...lines] = block.split('\n')
      if (number !== `${index + 1}`) fail('numbers out of order', block)
      const timing = /^(\S+) --> (\S+)$/.exec(times) ?? fail('no timing', block)
      if (lines.length === 0) fail('a cue without text', block)
      if (lines.some((line) => line.includes('-->') || /<\/?[a-z!][^>]*>|\{\\/i.test(line))) fail('markup', block)
      return {
        start: readTime(timing[1]!, SRT_TIME),
        end: readTime(timing[2]!, SRT_TIME),
        voices: [{ name: '', lines }],
      }
    })
  return checkTimes(cues)
}

function checkTimes(cues: ParsedCue[]): ParsedCue[] {
  cues.forEach(({ start, end }, index) => {
    if (!(start < end)) fail('a cue that does not last', `${start} ${end}`)
    if (start < (cues[index - 1]?.end ?? 0)) fail('cues that overlap', `${cues[index - 1]!.end} ${start}`)
  })
  return cues
}
