import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createToneSpeechRecogniser, encodeToneSpeech } from '../../src/testing/tone-speech.ts'

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.array(fc.constantFrom(...Array.from("aab0-'.,?! É中")), { maxLength: 20 }).map((letters) => letters.join('')),
)

describe('tone speech of any text', () => {
  it('comes back as it was said, at any rate, loudness and chunking', () => {
    fc.assert(
      fc.property(
        text,
        fc.integer({ min: 8000, max: 48000 }),
        fc.double({ min: 0.05, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 5000 }),
        (said, sampleRate, gain, chunk) => {
          const { samples, words } = encodeToneSpeech(said, { sampleRate, gain })
          const expected = said
            .split(/\s+/u)
            .filter(Boolean)
            .map((word) =>
              new TextDecoder('utf-8', { ignoreBOM: true })
                .decode(new TextEncoder().encode(word))
                .replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
            )
          expect(words.map((word) => word.text)).toEqual(expected)
          const recogniser = createToneSpeechRecogniser({ sampleRate })
          for (let at = 0; at < samples.length; at += chunk) recogniser.push(samples.subarray(at, at + chunk))
          recogniser.flush()
          expect(recogniser.words.map((word) => word.text)).toEqual(expected)
          recogniser.words.forEach(({ start, end }, i) => {
            expect(Math.abs(start - words[i]!.start)).toBeLessThan(0.03)
            expect(Math.abs(end - words[i]!.end)).toBeLessThan(0.03)
          })
        },
      ),
      { numRuns: 60 },
    )
  })
})
