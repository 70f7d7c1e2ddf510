import { describe, expect, it } from 'vitest'
import { listenV1Complaints } from '../../../src/protocol/listen-v1.ts'

describe('what /v1/listen refuses', () => {
  it.each([
    [{ keywords: ['a:2'] }, 'keywords are refused by nova-3: use keyterm'],
    [{ model: 'nova-3-medical', keywords: 'a' }, 'keywords are refused by nova-3: use keyterm'],
    [{ model: 'nova-2', keyterm: ['a'] }, 'keyterm needs nova-3: use keywords'],
    [{ model: 'nova-2', keywords: Array.from({ length: 101 }, String) }, 'keywords may be 100 at the most'],
    [{ diarize: true, diarize_model: 'latest' }, 'diarize and diarize_model exclude each other: leave diarize out'],
    [{ diarize_model: 'v2' }, 'diarize_model v2 is not for live audio: use latest'],
    [{ utterance_end_ms: 1000, interim_results: false }, 'utterance_end_ms needs interim_results'],
    [{ utterance_end_ms: 500 }, 'utterance_end_ms must be 1000 to 5000'],
    [{ model: 'enhanced', language: 'multi' }, 'the language multi needs nova-3 or nova-2'],
    [{ model: 'whisper-large' }, 'whisper does not hear live audio: use nova-3'],
    [{ summarize: 'v2' }, 'summarize is not for live audio: leave it out'],
    [{ topics: true }, 'topics is not for live audio: leave it out'],
    [{ intents: true }, 'intents is not for live audio: leave it out'],
  ])('%j', (query, complaint) => {
    expect(listenV1Complaints({ model: 'nova-3', ...query })).toEqual([complaint])
  })

  it.each([
    {},
    { foo: 1, summarize: false },
    { keyterm: ['a'], language: 'multi', utterance_end_ms: '5000', interim_results: true },
    { model: 'nova-2', keywords: ['a'], language: 'multi', diarize: true },
    { diarize_model: 'v1' },
  ])('nothing is known against %j', (query) => {
    expect(listenV1Complaints({ model: 'nova-3', ...query })).toEqual([])
  })
})
