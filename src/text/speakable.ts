import { isSpeakable } from './segment.ts'

// All of these after tabs have become spaces.
const FENCE = /^ *(```+|~~~+)[^]*?(?:^ *\1[`~]* *$|(?![^]))/gm
const TABLE_ROW = /^ *(?::?-{3,}:? *)?\|.*\n?/gm
const RULE = /^ *([*_=-])(?: *\1){2,} *$/gm
const REFERENCE = /^ *\[[^\]\n]+\]: *\S.*\n?/gm
/** Headings, quotations and list items: the mark goes, and what has no stop gets one, for the pause. */
const BLOCK_MARK = /^ *(?:> ?)*(#{1,6} +|[-*+•] +(?:\[[ xX]\] +)?)?(.*?)(?: +#+)? *$/gm
const LINK = /!?\[((?:[^[\]]|\[[^[\]]*\])*)\](?:\([^()\s]*(?:\([^()]*\)[^()\s]*)*(?:\s+["'(][^)]*)?\)|\[[^\]]*\])/g
const ADDRESS = /<?\b(?:https?:\/\/|www\.)(?:www\.)?([^\s/?#<>()]+)[^\s<>()]*?(?=[.,;:!?]*(?:[\s<>()]|$))>?/gi
const TAG = /<!--[\s\S]*?-->|<\/?[a-z](?![a-z]*:\/\/)[^<>\n]*>/gi
const EMOJI =
  /\p{RI}{2}|(?![©®™ℹ‼⁉↔-↪])\p{ExtPict}(?:\p{EMod}|\uFE0F|\u200D\p{ExtPict}|[\u{E0020}-\u{E007F}])*|[\uFE0F\u20E3]/gu

/** Stands for something that must stay as it is; no text contains it. */
const KEEP = '\uE000'

/**
 * Turns Markdown and symbols into what a voice should read.
 *
 * Formatting marks go and their text stays; code blocks, tables, rules, comments and emoji are dropped; of a link its
 * text is kept, of a bare address its host; identifiers (`snake_case`) and arithmetic (`2*3*4`) are left alone.
 *
 * @param text - Whole sentences; a code block must be in one piece.
 * @returns the text to speak; empty when there is nothing to say.
 */
export function toSpeakable(text: string): string {
  const kept: string[] = []
  const keep = (literal: string): string => `${KEEP}${kept.push(literal) - 1}${KEEP}`
  const plain = text
    .replaceAll(KEEP, '')
    .replaceAll('\t', ' ')
    .replace(FENCE, '')
    .replace(/(`+)(?!`)(.+?)(?<!`)\1(?!`)/g, (_, _ticks, code: string) => keep(code.trim()))
    .replace(/\\([!-/:-@[-`{-~])/g, (_, sign: string) => keep(sign))
    .replace(TAG, ' ')
    .replace(RULE, '')
    .replace(REFERENCE, '')
    .replace(TABLE_ROW, '')
    .replace(/\[\^[^\]]+\]/g, '')
    .replace(LINK, '$1')
    .replace(ADDRESS, (_, host: string) => keep(host))
    .replace(EMOJI, '')
    .replace(BLOCK_MARK, (_, mark: string | undefined, line: string) =>
      mark && /[\p{L}\p{N}]["'*_)\]]*$/u.test(line) ? line + '.' : line,
    )
    .replace(/(^|[\s\p{P}])#(?=\p{L})/gu, '$1')
  const spoken = unwrap(plain)
    .replace(/&(amp|lt|gt|quot|nbsp|#39);/g, (_, name: string) => ENTITIES[name]!)
    .replace(/\uE000(\d+)\uE000/g, (_, index: string) => kept[Number(index)] ?? '')
    .replace(/ +/g, ' ')
    .replace(/ (?=\n|[.,!?](?:\s|$))|(?<=\n) /g, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
  return isSpeakable(spoken) ? spoken : ''
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', nbsp: ' ', '#39': "'" }

/** Takes emphasis away, from the outside in, and marks whose other half is in another piece. */
function unwrap(text: string): string {
  const inner = text
    .replace(/(\*\*|~~)(?=\S)([^\n]*?\S)\1/g, '$2')
    .replace(/(?<![\p{L}\p{N}*])\*(?![\s*])([^\n*]*[^\s*])\*(?![\p{L}\p{N}*])/gu, '$1')
    .replace(/(?<![\p{L}\p{N}_])(__?)(?=\S)([^\n]*?\S)\1(?![\p{L}\p{N}_]|\.\p{L})/gu, '$2')
  return inner === text
    ? text.replace(/(?<=^|\s)(?:\*\*|~~)(?=\S)|(?<=\S)(?:\*\*|~~)(?=[\s.,!?;:]|$)/g, '')
    : unwrap(inner)
}
