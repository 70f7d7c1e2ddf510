import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { encodeAlaw, encodeMulaw } from '../../../src/audio/companding.ts'
import { encodeLinear16, encodeWav } from '../../../src/audio/pcm.ts'
import { createWebmReader, writeCluster } from '../../../src/audio/webm.ts'
import { createStreamDecoder, type InvalidAudio, type StreamFormat } from '../../../src/testing/audio-decoder.ts'
import { createNodeOpusDecoder } from '../../../src/testing/opus-node.ts'
import { createToneSpeechRecogniser, encodeToneSpeech, type SpokenWord } from '../../../src/testing/tone-speech.ts'
import { ffmpeg, hasFfmpeg } from '../../support/ffmpeg.ts'
import { createRandom, codedWords } from '../../support/coded-words.ts'

const fixture = (name: string) => new Uint8Array(readFileSync(new URL(`../../fixtures/audio/${name}`, import.meta.url)))
const join = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts))
const ascii = (text: string) => new TextEncoder().encode(text)

interface Heard {
  channels: Float32Array[]
  sampleRate: number
  invalid: InvalidAudio[]
  words: readonly SpokenWord[]
  text: string
}

async function hear(
  messages: Uint8Array[],
  format: StreamFormat | null = null,
  opus: typeof createNodeOpusDecoder | null = createNodeOpusDecoder,
): Promise<Heard> {
  const parts: Float32Array[][] = []
  const invalid: InvalidAudio[] = []
  let sampleRate = 0
  const decoder = createStreamDecoder({
    format,
    ...(opus && { opus }),
    onAudio(channels, rate) {
      parts.push(channels)
      sampleRate = rate
    },
    onInvalid: (why) => invalid.push(why),
  })
  await Promise.all(messages.map((message) => decoder.push(message)))
  await decoder.end()
  decoder.free()
  const channels = (parts[0] ?? []).map((_, channel) => {
    const whole = new Float32Array(parts.reduce((length, part) => length + part[channel]!.length, 0))
    let at = 0
    for (const part of parts) {
      whole.set(part[channel]!, at)
      at += part[channel]!.length
    }
    return whole
  })
  const recogniser = createToneSpeechRecogniser({ sampleRate: sampleRate || 48000 })
  if (channels[0]) recogniser.push(channels[0])
  recogniser.flush()
  const { words } = recogniser
  return { channels, sampleRate, invalid, words, text: words.map(({ text }) => text).join(' ') }
}

/** Cuts bytes into messages of random length, some of one byte. */
function cut(bytes: Uint8Array, seed: number, most = 900): Uint8Array[] {
  const random = createRandom(seed)
  const messages: Uint8Array[] = []
  for (let at = 0; at < bytes.length;) {
    const length = random(4) ? 1 + random(most) : 1
    messages.push(bytes.subarray(at, at + length))
    at += length
  }
  return messages
}

const FOX = 'the quick brown fox jumps over the lazy dog'

describe('the stream decoder on containers', () => {
  it.each(['fox.webm', 'timeslice.webm'])('hears every word that Chromium recorded in %s', async (name) => {
    const { text, sampleRate, invalid } = await hear(cut(fixture(name), 1))
    expect([text, sampleRate, invalid]).toEqual([FOX, 48000, []])
  })

  it('hears the same in one message and in messages of one byte', async () => {
    const bytes = fixture('fox.webm')
    const whole = await hear([bytes])
    const byOne = await hear(Array.from(bytes, (_, i) => bytes.subarray(i, i + 1)))
    expect(byOne.channels[0]!.length).toBe(whole.channels[0]!.length)
    expect(byOne.words).toEqual(whole.words)
  })

  it('hears a header followed by re-timed blocks from the middle on', async () => {
    const reader = createWebmReader()
    const blocks = reader.push(fixture('fox.webm'))
    const whole = (await hear([fixture('fox.webm')])).words
    const cutAt = (whole[3]!.start + whole[2]!.end) / 2
    const kept = blocks.filter(({ time }) => time / 1000 >= cutAt - 0.06)
    const { text } = await hear([reader.header!, writeCluster(kept, { startTime: kept[0]!.time })])
    expect(text.replace(/^voice /, '')).toBe('fox jumps over the lazy dog')
  })

  it('reads a WAV stream whose header is split and whose length is unknown', async () => {
    const wav = encodeWav(encodeToneSpeech(FOX, { sampleRate: 16000 }).samples, { sampleRate: 16000 })
    wav.fill(255, 4, 8).fill(255, 40, 44)
    const { text, sampleRate, invalid } = await hear(cut(wav, 2, 31))
    expect([text, sampleRate, invalid]).toEqual([FOX, 16000, []])
  })

  it('plays nothing of what follows the samples of a WAV file', async () => {
    const wav = encodeWav(Float32Array.of(0.5, 0.25), { sampleRate: 8000 })
    const { channels } = await hear([join(wav, ascii('LIST')), ascii('more')])
    expect(channels).toEqual([Float32Array.of(0.5, 0.25)])
  })

  it.each<[string, Uint8Array[], InvalidAudio]>([
    ['the middle of a WebM stream', [fixture('fox.webm').subarray(700)], 'not-audio'],
    ['text', [ascii('this is no audio at all')], 'not-audio'],
    ['zeros', [new Uint8Array(500)], 'not-audio'],
    ['a few bytes and no more', [ascii('abc')], 'not-audio'],
    ['a RIFF file that is no WAV', [ascii('RIFF....AVI LIST')], 'not-audio'],
    ['the same WebM stream again', [fixture('fox.webm'), fixture('fox.webm')], 'second-header'],
    [
      'a new WebM header after half an element',
      [fixture('fox.webm').subarray(0, 3001), fixture('timeslice.webm')],
      'second-header',
    ],
    [
      'a new WebM header, byte by byte',
      [fixture('fox.webm'), ...cut(fixture('timeslice.webm'), 3, 1)],
      'second-header',
    ],
    [
      'a second WAV header',
      [encodeWav(new Uint8Array(8), { sampleRate: 8000 }), encodeWav(new Uint8Array(8), { sampleRate: 8000 })],
      'second-header',
    ],
    ['MP4', [Uint8Array.of(0, 0, 0, 24), ascii('ftypisom'), new Uint8Array(12)], 'unsupported'],
    ['FLAC', [ascii('fLaC....')], 'unsupported'],
  ])('on %s says so, once, and plays nothing more', async (_, messages, why) => {
    const { invalid } = await hear([...messages, fixture('fox.webm').subarray(0, 500)])
    expect(invalid).toEqual([why])
  })

  it('plays what came before the second header, and nothing after it', async () => {
    const once = await hear([fixture('fox.webm')])
    const twice = await hear([fixture('fox.webm'), fixture('fox.webm')])
    expect(twice.channels).toEqual(once.channels)
  })

  it('without an Opus decoder calls WebM unsupported', async () => {
    expect((await hear([fixture('fox.webm')], null, null)).invalid).toEqual(['unsupported'])
  })

  it('is content with no bytes at all', async () => {
    expect((await hear([])).invalid).toEqual([])
  })

  it('processes messages in order, though the codec is slow', async () => {
    const slow: typeof createNodeOpusDecoder = async (options) => {
      const decoder = await createNodeOpusDecoder(options)
      let turn = 0
      return {
        async decode(packet) {
          for (let i = turn++ % 3; i >= 0; i--) await Promise.resolve()
          return decoder.decode(packet)
        },
        free: () => decoder.free(),
      }
    }
    expect((await hear(cut(fixture('fox.webm'), 4), null, slow)).text).toBe(FOX)
  })

  it('calls back no more once it was freed', async () => {
    let calls = 0
    const count = () => {
      calls++
    }
    const decoder = createStreamDecoder({ format: null, opus: createNodeOpusDecoder, onAudio: count, onInvalid: count })
    const pushed = decoder.push(fixture('fox.webm'))
    decoder.free()
    await pushed
    await decoder.push(ascii('garbage, garbage'))
    await decoder.end()
    expect(calls).toBe(0)
  })

  it('tells the caller when the codec cannot be had', async () => {
    const decoder = createStreamDecoder({
      format: null,
      opus: () => Promise.reject(new Error('no codec')),
      onAudio() {},
      onInvalid() {},
    })
    await expect(decoder.push(fixture('fox.webm'))).rejects.toThrow('no codec')
  })
})

describe('the stream decoder on raw audio', () => {
  const { samples } = encodeToneSpeech(FOX, { sampleRate: 8000 })

  it.each([
    ['linear16', encodeLinear16],
    ['mulaw', encodeMulaw],
    ['alaw', encodeAlaw],
  ] as const)('pain 53: reads %s cut anywhere, odd bytes and empty messages included', async (encoding, encode) => {
    const messages = cut(encode(samples), 5, 333)
    messages.splice(3, 0, new Uint8Array(0))
    const { text, sampleRate, channels } = await hear(messages, { encoding, sampleRate: 8000, channels: 1 })
    expect([text, sampleRate]).toEqual([FOX, 8000])
    expect(channels[0]!.length).toBe(samples.length)
  })

  it('parts interleaved channels, also where a message ends within a frame', async () => {
    const frames = Float32Array.from({ length: 30 }, (_, i) => (i % 3) / 4)
    const messages = cut(encodeLinear16(frames), 6, 5)
    const { channels } = await hear(messages, { encoding: 'linear16', sampleRate: 8000, channels: 3 })
    expect(channels).toEqual([0, 0.25, 0.5].map((value) => new Float32Array(10).fill(value)))
  })

  it('says which encoding it does not know', async () => {
    const { invalid } = await hear([new Uint8Array(10)], { encoding: 'speex', sampleRate: 8000, channels: 1 })
    expect(invalid).toEqual(['unsupported'])
  })

  it('refuses a format that cannot be', () => {
    const make = (sampleRate: number, channels: number) => () =>
      createStreamDecoder({ format: { encoding: 'mulaw', sampleRate, channels }, onAudio() {}, onInvalid() {} })
    expect(make(0, 1)).toThrow(/sampleRate/)
    expect(make(8000, 1.5)).toThrow(/channels/)
  })
})

describe.skipIf(!hasFfmpeg)('through ffmpeg’s libopus (skipped where ffmpeg is not installed)', () => {
  it.each([
    ['16k', 'webm', 60],
    ['24k', 'webm', 60],
    ['32k', 'webm', 20],
    ['16k', 'ogg', 60],
    ['24k', 'ogg', 20],
    ['32k', 'ogg', 60],
  ])(
    'a minute of random words at %s in %s, packets of %d ms: every word, once, in order, within 60 ms',
    async (rate, container, packetMs) => {
      const { samples, words } = encodeToneSpeech(codedWords(150, packetMs + parseInt(rate)), { sampleRate: 48000 })
      expect(samples.length / 48000).toBeGreaterThan(55)
      const options = ['-c:a', 'libopus', '-b:a', rate, '-application', 'voip', '-frame_duration', `${packetMs}`]
      const heard = await hear(cut(ffmpeg(samples, 48000, ...options, '-f', container), 7, 2000))
      expect(heard.invalid).toEqual([])
      expect(heard.text).toBe(words.map(({ text }) => text).join(' '))
      const error = Math.max(
        ...heard.words.map(({ start, end }, i) =>
          Math.max(Math.abs(start - words[i]!.start), Math.abs(end - words[i]!.end)),
        ),
      )
      expect(error).toBeLessThan(0.06)
    },
    60_000,
  )

  it.each([0.05, 1])('loudness %d at 16 kbit/s loses no word', async (gain) => {
    const text = codedWords(60, 9)
    const { samples } = encodeToneSpeech(text, { sampleRate: 16000, gain })
    const bytes = ffmpeg(samples, 16000, '-c:a', 'libopus', '-b:a', '16k', '-frame_duration', '60', '-f', 'ogg')
    expect((await hear(cut(bytes, 8))).text).toBe(text)
  })

  it('agrees with ffmpeg on mu-law and A-law, to one step', () => {
    const ramp = Float32Array.from({ length: 4001 }, (_, i) => (i - 2000) / 2000.5)
    const steps = encodeLinear16(ramp)
    const exact = new Float32Array(new Int16Array(steps.buffer)).map((value) => value / 32768)
    for (const [law, encode] of [
      ['mulaw', encodeMulaw],
      ['alaw', encodeAlaw],
    ] as const) {
      const theirs = ffmpeg(exact, 8000, '-f', law)
      const ours = encode(exact)
      // ffmpeg rounds to the nearest value where the standard has decision values: neighbours at most.
      const far = [...ours].filter(
        (code, i) => Math.abs((code ^ (law === 'alaw' ? 0x55 : 0)) - (theirs[i]! ^ (law === 'alaw' ? 0x55 : 0))) > 1,
      )
      expect(far).toEqual([])
    }
  })

  it.each(['webm', 'ogg'])('keeps both channels of %s', async (container) => {
    const { samples } = encodeToneSpeech(FOX, { sampleRate: 48000 })
    const filter = ['-filter_complex', 'pan=stereo|c0=c0|c1=0*c0']
    const bytes = ffmpeg(samples, 48000, ...filter, '-c:a', 'libopus', '-b:a', '48k', '-f', container)
    const { channels, text } = await hear(cut(bytes, 9))
    expect([channels.length, text]).toEqual([2, FOX])
    expect(channels[1]!.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0)).toBeLessThan(0.1)
  })

  it('finds an Ogg stream without its first page, a damaged one, and a second one', async () => {
    const { samples } = encodeToneSpeech(FOX, { sampleRate: 48000 })
    const bytes = ffmpeg(samples, 48000, '-c:a', 'libopus', '-b:a', '24k', '-f', 'ogg')
    const secondPage = Buffer.from(bytes).indexOf('OggS', 10)
    expect((await hear([bytes.subarray(secondPage)])).invalid).toEqual(['not-audio'])
    const damaged = bytes.slice()
    damaged[bytes.length >> 1]! ^= 0x10
    expect((await hear([damaged])).invalid).toEqual(['not-audio'])
    expect((await hear([bytes, bytes])).invalid).toEqual(['second-header'])
  })

  it('calls another codec in WebM or Ogg unsupported', async () => {
    const { samples } = encodeToneSpeech('hi', { sampleRate: 48000 })
    for (const codec of [
      ['-c:a', 'flac', '-f', 'ogg'],
      ['-c:a', 'pcm_s16le', '-f', 'matroska'],
    ])
      expect((await hear([ffmpeg(samples, 48000, ...codec)])).invalid).toEqual(['unsupported'])
  })
})
