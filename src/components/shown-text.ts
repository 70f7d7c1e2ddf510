'use client'
// Controls say nothing to a reader; embeddings, overrides and isolates can make a line read otherwise than it was said.
// Tab and line feed stay, and so do the marks and joiners that Arabic, Hebrew and Indic text is written with.
const UNSAFE = /[\0-\x08\x0B-\x1F\x7F-\x9F\u2028\u2029\u202A-\u202E\u2066-\u2069\uFFF9-\uFFFB]/g

/** Text from outside, as it may be shown: without control characters and without overrides of its direction. */
export const shownText = (text: string): string => text.replace(UNSAFE, '')
