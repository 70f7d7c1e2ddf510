import { afterEach, describe, expect, it } from 'vitest'
import { toneSpeechWav } from 'react-deepgram/testing'
import { openStage, type Stage } from './support/stage.ts'

const TEXT = 'the quick brown fox jumps over the lazy dog'

describe('the demo page: what the button says, the transcript hears', () => {
  let stage: Stage | null = null
  afterEach(async () => {
    await stage?.close()
    stage = null
  })

  const words = async ({ page }: Stage): Promise<string> =>
    (await page.getByRole('log').innerText()).replace(/\s+/g, ' ').trim()

  it('hears its own voice through Web Audio, a recorder and two sockets', async () => {
    stage = await openStage({ page: 'examples/demo', autoplay: false })
    const { page, emulator, complaints } = stage
    await page.getByText('Talking to the emulator on this machine').waitFor()
    await page.getByRole('button', { name: 'Microphone', pressed: false }).click()
    await page.getByText('Listening', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Speak' }).click()
    await page.getByRole('button', { name: 'Speak', pressed: true }).waitFor()
    await page.getByRole('button', { name: 'Speak', pressed: false }).waitFor()
    await page.getByRole('button', { name: 'Microphone', pressed: true }).click()
    await page.getByText('Ready', { exact: true }).waitFor()
    expect(await words(stage)).toBe(TEXT)
    expect(emulator.sockets.map(({ path }) => path).sort()).toEqual(['/v1/listen', '/v1/speak'])
    expect(emulator.sockets.every(({ scheme }) => scheme === 'bearer')).toBe(true)
    expect(complaints).toEqual([])
  })

  it('hears a microphone', async () => {
    const wav = toneSpeechWav(TEXT, { leadingSilenceMs: 2000, trailingSilenceMs: 3000 })
    stage = await openStage({ page: 'examples/demo', wav })
    const { page, complaints } = stage
    await page.getByRole('radio', { name: 'My microphone' }).check()
    await page.getByRole('button', { name: 'Microphone', pressed: false }).click()
    await page.getByText('Listening', { exact: true }).waitFor()
    await page.getByRole('log').getByText('dog').waitFor({ timeout: 20_000 })
    await page.getByRole('button', { name: 'Microphone', pressed: true }).click()
    await page.getByText('Ready', { exact: true }).waitFor()
    expect(await words(stage)).toBe(TEXT)
    expect(complaints).toEqual([])
  })
})
