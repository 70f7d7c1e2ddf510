/** A message of each kind as it should be, by what sends it. */
export const GOOD_MESSAGES: readonly Readonly<Record<string, unknown>>[] = [
  {
    type: 'Results',
    channel_index: [0, 1],
    duration: 1,
    start: 0,
    is_final: true,
    speech_final: true,
    from_finalize: false,
    channel: {
      alternatives: [
        {
          transcript: 'hello',
          confidence: 0.9,
          words: [
            {
              word: 'hello',
              start: 0.1,
              end: 0.5,
              confidence: 0.9,
              language: 'en',
              speaker: 0,
              punctuated_word: 'Hello.',
            },
          ],
        },
      ],
    },
    metadata: { request_id: 'r', model_info: { name: 'x', version: 'y', arch: 'z' }, model_uuid: 'u' },
  },
  { type: 'Metadata', request_id: 'r', sha256: 'incomplete', created: 'now', duration: 1, channels: 1 },
  { type: 'UtteranceEnd', channel: [0, 1], last_word_end: 1 },
  { type: 'SpeechStarted', channel: [0, 1], timestamp: 0.5 },
  { type: 'Error', variant: 'v', code: 'DATA-0000', description: 'd', err_code: 'e', err_msg: 'm' },
  { type: 'ConfigureSuccess', keyterms: ['a'], thresholds: { eot_threshold: 0.7 }, language_hints: ['en'] },
  { type: 'ConfigureFailure', code: 'c', description: 'd', field: 'f', value: 1 },
  { type: 'Connected', request_id: 'r', sequence_id: 0, model_name: 'n', model_uuids: ['u'] },
  {
    type: 'TurnInfo',
    request_id: 'r',
    sequence_id: 1,
    event: 'Update',
    turn_index: 0,
    audio_window_start: 0,
    audio_window_end: 1,
    transcript: 'hello',
    words: [{ word: 'hello', confidence: 0.9, start: 0.1, end: 0.5 }],
    end_of_turn_confidence: 0.1,
    trigger: 'model',
    languages: ['en'],
    languages_hinted: ['en'],
  },
  { type: 'Warning', code: 'w', description: 'd', warn_code: 'w', warn_msg: 'm' },
  { type: 'Flushed', sequence_id: 0, speech_id: 's' },
  { type: 'Cleared', sequence_id: 0 },
  { type: 'SpeechMetadata', speech_id: 's', audio_duration_ms: 1000, input_character_count: 5 },
  { type: 'SpeechInterrupted', audio_played_ms: 10, text_spoken: 'a', text_remaining: 'b', metadata: {} },
  { type: 'SessionMetadata', total_audio_duration_ms: 1, total_input_character_count: 1 },
]

/** What no field should be: of every wrong type, huge, negative, and like NaN. As JSON, which knows `1e999`. */
const WRONG: readonly string[] = [
  'null',
  'true',
  '""',
  '"NaN"',
  '-1',
  '-1e308',
  '1e308',
  '1e999',
  '0.5',
  '9999999',
  '9007199254740993',
  '[]',
  '[[]]',
  '{}',
  '{"__proto__":{"polluted":true}}',
  '[-1,1e999,null,"x"]',
  JSON.stringify('x'.repeat(101_000)),
  `[${'0,'.repeat(20_000)}0]`,
  `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
]

const HERE = '\u0000here\u0000'

/** Every way to a value inside a message. */
function waysInto(value: unknown, way: readonly (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return []
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value)
  return keys.flatMap((key) => [
    [...way, key],
    ...waysInto((value as Record<string | number, unknown>)[key], [...way, key]),
  ])
}

function withField(message: unknown, way: readonly (string | number)[], json: string | undefined): string {
  const copy = structuredClone(message) as Record<string | number, unknown>
  let at = copy
  for (const key of way.slice(0, -1)) at = at[key] as typeof at
  const last = way.at(-1)!
  // JSON leaves out what is undefined.
  at[last] = json && HERE
  return JSON.stringify(copy).replace(JSON.stringify(HERE), () => json ?? '')
}

/** Every known message with each of its fields missing, and wrong in every way. */
export const mutations = (): string[] =>
  GOOD_MESSAGES.flatMap((message) =>
    waysInto(message).flatMap((way) => [undefined, ...WRONG].map((json) => withField(message, way, json))),
  )

/**
 * All of it for a line of `/v1/listen`, or of Flux, where an error ends the line rightly, and messages are numbered: these
 * come in order, so that the numbers alone do not keep them out.
 */
export const hostileFrames = (isFlux: boolean): string[] =>
  [...garbage(), ...mutations()]
    .filter((frame) => !isFlux || !frame.startsWith('{"type":"Error"'))
    .map((frame, index) => frame.replace(/"sequence_id":1\b/, `"sequence_id":${index + 1}`))

/** Text that is no message: cut off anywhere, malformed, or something else altogether. */
export const garbage = (): string[] => [
  ...GOOD_MESSAGES.flatMap((message) => {
    const text = JSON.stringify(message)
    return [1, 2, text.length >> 2, text.length >> 1, text.length - 2, text.length - 1].map((length) =>
      text.slice(0, length),
    )
  }),
  '{',
  '}',
  'null',
  'true',
  '0',
  '"Results"',
  '[]',
  '[{"type":"Results"}]',
  '{"type":null}',
  '{"type":["Results"]}',
  '{"type":{"toString":"Results"}}',
  '{"Type":"Results"}',
  '{"type":"results"}',
  '{"type":"Results","type":"New"}',
  '{"type":"__proto__"}',
  '{"type":"constructor"}',
  '{"type":"toString","__proto__":{"type":"Results"}}',
  '{"__proto__":{"type":"Results","polluted":true}}',
  '{"type":"New","constructor":{"prototype":{"polluted":true}}}',
  '\uFEFF{"type":"Results"}',
  '\u0000',
  '\uD800',
  '<html><script>window.wasInjected=true</script></html>',
  '['.repeat(100_000),
  '{"a":'.repeat(100_000),
  `{"type":"New","deep":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
]
