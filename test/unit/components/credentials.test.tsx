// @vitest-environment jsdom
import { cleanup, render } from '@testing-library/react'
import type { ReactElement } from 'react'
import { afterEach, beforeAll, expect, it } from 'vitest'
import {
  DeepgramProvider,
  Dialogue,
  LiveTranscript,
  SpeakButton,
  useDeepgramDialogue,
  useDeepgramListen,
  useDeepgramSpeak,
  VoiceSelect,
} from 'react-deepgram'
import { fibresHolding } from '../../support/secrets.ts'

// What an application gives to an element as a prop is in that element, where developer tools show it, and in whatever of
// React's own holds the element. It is in nothing that the library makes of it.

beforeAll(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
})
afterEach(cleanup)

const KEY = 'a-key-that-only-this-test-has'
const credential = { apiKey: KEY, dangerouslyAllowApiKey: true }

function Hooks({ give }: { give: () => typeof credential }) {
  useDeepgramListen(give())
  useDeepgramSpeak(give())
  useDeepgramDialogue({ ...give(), listen: give(), speak: give(), onTurn: () => '' })
  return null
}

it.each<[string, ReactElement, own: string[]]>([
  ['LiveTranscript', <LiveTranscript {...credential} language="en" />, ['LiveTranscript']],
  ['SpeakButton', <SpeakButton {...credential} text="hello" />, ['SpeakButton']],
  ['Dialogue', <Dialogue {...credential} listen={credential} onTurn={() => ''} />, ['Dialogue']],
  [
    'DeepgramProvider',
    <DeepgramProvider {...credential}>
      <LiveTranscript />
      <SpeakButton text="hello" />
      <VoiceSelect value="aura-2-thalia-en" preview />
      <Dialogue onTurn={() => ''} />
    </DeepgramProvider>,
    ['DeepgramProvider'],
  ],
  ['the hooks', <Hooks give={() => credential} />, []],
])('pain 78: a raw key that %s is given is in no part below it', (_, element, own) => {
  render(element)
  const finds = fibresHolding(KEY)
  const components = new Set(finds.map((find) => find.split(' ')[0]))
  // The root has no name.
  expect([...components]).toEqual(own.length ? ['?', ...own] : [])
  expect(finds.every((find) => /^\? memoizedState\.element\.props\.|^\w+ (memoized|pending)Props\./.test(find))).toBe(
    true,
  )
})
