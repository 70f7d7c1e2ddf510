import { afterEach, describe, expect, it } from 'vitest'
import { toneSpeechWav, encodeToneSpeech } from 'react-deepgram/testing'
import { randomWords } from '../support/random-words.ts'
import { openStage, type Stage } from './support/stage.ts'

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!

describe('listening through a real microphone device, a real recorder and a real socket', () => {
  let stage: Stage | null = null
  afterEach(async () => {
    await stage?.close()
    stage = null
  })

  it('writes down a minute of random words: every word, in order, none twice, times within 60 ms', async () => {
    const spoken = encodeToneSpeech(randomWords(190, 7).join(' '), { sampleRate: 48_000 })
    const words = spoken.words.filter(({ end }) => end < 58)
    const text = words.map((word) => word.text).join(' ')
    stage = await openStage({ wav: toneSpeechWav(text, { leadingSilenceMs: 1500, trailingSilenceMs: 4000 }) })
    await stage.page.getByRole('button').click()
    await stage.page.getByRole('button', { name: 'listening' }).waitFor()
    await stage.page.waitForTimeout((words.at(-1)!.end + 3) * 1000)
    const heard = await stage.page.evaluate(async () => {
      const { segments } = await window.listen.stop()
      return segments.flatMap((segment) => segment.words.map(({ text, start, end }) => ({ text, start, end })))
    })
    expect(heard.map((word) => word.text).join(' ')).toBe(text)
    // The device plays from the moment it is opened, which no page can know to the millisecond.
    const shift = median(heard.map((word, index) => word.start - words[index]!.start))
    const worst = Math.max(...heard.map((word, index) => Math.abs(word.start - words[index]!.start - shift)))
    expect(worst).toBeLessThanOrEqual(0.06)
    expect(stage.complaints).toEqual([])
    const { bytesSent, secondsRecorded } = await stage.page.evaluate(() => window.listen.diagnostics())
    console.info(`worst time ${worst}, shift ${shift}, ${(bytesSent * 8) / secondsRecorded / 1000} kbit/s`)
  })

  it('hears samples as well as containers, when they are asked for', async () => {
    const text = 'pack my box with five dozen liquor jugs'
    const wav = toneSpeechWav(text, { leadingSilenceMs: 2000, trailingSilenceMs: 3000 })
    const options = encodeURIComponent(JSON.stringify({ capture: { format: 'pcm' } }))
    stage = await openStage({ wav, query: `?listen=${options}` })
    await stage.page.getByRole('button').click()
    await stage.page.getByRole('button', { name: 'listening' }).waitFor()
    await stage.page.getByText('jugs').waitFor({ timeout: 20_000 })
    expect(await stage.page.evaluate(async () => (await window.listen.stop()).text)).toBe(text)
    const { query, receivedFrames } = stage.emulator.sockets[0]!
    expect(Object.fromEntries(query)).toMatchObject({ encoding: 'linear16', sample_rate: '16000', channels: '1' })
    expect(receivedFrames.length).toBeGreaterThan(50)
    expect(stage.complaints).toEqual([])
  })

  it('hears Flux turns from a recorder', async () => {
    const text = 'pack my box with five dozen liquor jugs'
    const wav = toneSpeechWav(text, { leadingSilenceMs: 2000, trailingSilenceMs: 3000 })
    const options = encodeURIComponent(JSON.stringify({ model: 'flux-general-en' }))
    stage = await openStage({ wav, query: `?listen=${options}` })
    await stage.page.getByRole('button').click()
    await stage.page.getByRole('button', { name: 'listening' }).waitFor()
    // The state of the next turn may be there before the page is asked.
    await stage.page.evaluate(() => {
      const seen: unknown[] = []
      Object.assign(window, { seen })
      window.listen.subscribe(({ turn }) => seen.push(turn))
    })
    await stage.page.getByText('jugs').waitFor({ timeout: 20_000 })
    const turns = await stage.page.evaluate(() => (window as unknown as { seen: unknown[] }).seen)
    expect(turns).toContainEqual(expect.objectContaining({ index: 0, state: 'ended', text }))
    expect(await stage.page.evaluate(async () => (await window.listen.stop()).text)).toBe(text)
    expect(stage.emulator.sockets[0]!.path).toBe('/v2/listen')
    expect(stage.complaints).toEqual([])
  })
})
