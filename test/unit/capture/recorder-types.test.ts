import { afterEach, describe, expect, it, vi } from 'vitest'
import { createCaptureSource } from '../../../src/capture/capture-source.ts'
import type { CaptureOptions } from '../../../src/capture/microphone.ts'
import { recorderTypes } from '../../../src/capture/recorder-source.ts'

const WEBM = 'audio/webm;codecs=opus'
const OGG = 'audio/ogg;codecs=opus'
const MP4_OPUS = 'audio/mp4;codecs=opus'
const MP4_AAC = 'audio/mp4;codecs=mp4a.40.2'
const MP4 = 'audio/mp4'

/** What each browser claims, as its `MediaRecorder.isTypeSupported` answers. */
const PROFILES = {
  'Chrome 130': [WEBM, MP4_OPUS, MP4_AAC, MP4],
  'Chrome 110': [WEBM],
  'Firefox 140': [WEBM, OGG],
  'Safari 14 to 17': [MP4_AAC, MP4],
  'Safari 18.4': [WEBM, MP4_OPUS, MP4_AAC, MP4],
  'WebKitGTK 2.50': [MP4],
  'a browser that claims nothing': [],
}
type Profile = keyof typeof PROFILES

function recordsIn(profile: Profile): void {
  const claimed: readonly string[] = PROFILES[profile]
  vi.stubGlobal('MediaRecorder', { isTypeSupported: (type: string) => claimed.includes(type) })
}
afterEach(() => vi.unstubAllGlobals())

describe('what is recorded', () => {
  it.each<[Profile, string[]]>([
    ['Chrome 130', [WEBM, MP4_OPUS, MP4_AAC, MP4, '']],
    ['Chrome 110', [WEBM, '']],
    ['Firefox 140', [WEBM, OGG, '']],
    ['Safari 14 to 17', [MP4_AAC, MP4, '']],
    ['Safari 18.4', [WEBM, MP4_OPUS, MP4_AAC, MP4, '']],
    ['WebKitGTK 2.50', [MP4, '']],
    ['a browser that claims nothing', ['']],
  ])('pain 10: in %s the best container comes first, and the browser’s own choice last', (profile, types) => {
    recordsIn(profile)
    expect(recorderTypes()).toEqual(types)
  })

  it.each<[Profile, CaptureOptions['format'], string[]]>([
    ['Chrome 130', 'mp4', [MP4_OPUS, MP4_AAC, MP4]],
    ['Firefox 140', 'ogg', [OGG]],
    ['Safari 14 to 17', 'webm', []],
  ])('pain 10: in %s a pinned %s is that, or nothing', (profile, format, types) => {
    recordsIn(profile)
    expect(recorderTypes(format)).toEqual(types)
  })

  // Flux reads no MP4; where there is nothing else, samples are sent.
  it.each<[Profile, 'container' | 'raw', 'container' | 'raw']>([
    ['Chrome 130', 'container', 'container'],
    ['Firefox 140', 'container', 'container'],
    ['Safari 14 to 17', 'container', 'raw'],
    ['Safari 18.4', 'container', 'container'],
    ['a browser that claims nothing', 'raw', 'raw'],
  ])('pain 10: %s sends a %s, and to Flux a %s', (profile, nova, flux) => {
    recordsIn(profile)
    const kindOf = (isFlux: boolean, capture: CaptureOptions = {}) =>
      createCaptureSource('microphone', () => capture, {}, isFlux, {}).format?.kind
    expect([kindOf(false), kindOf(true)]).toEqual([nova, flux])
    expect(kindOf(false, { format: 'pcm' })).toBe('raw')
  })

  it('pain 10: without a recorder samples are sent', () => {
    vi.stubGlobal('MediaRecorder', undefined)
    expect(createCaptureSource('microphone', () => ({}), {}, false, {}).format?.kind).toBe('raw')
  })
})
