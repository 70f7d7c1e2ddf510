// What every test relies on without a word: a credential that gets out fails the test. So here they get out.
import { render } from '@testing-library/react'
import { createElement, useEffect, useState, type ComponentType } from 'react'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createStore } from 'zustand/vanilla'
import { createDeepgramEmulator } from 'react-deepgram/testing'
import { expectSecret, SECRET } from '../support/secrets.ts'

/** Put together here, so that a page which shows the text of this file shows no credential. */
export const TOKEN = ['eyJhbGciOiJIUzI1NiJ9', 'eyJ3aXRoIjoidGhlIHRlc3QifQ', 'c2lnbmF0dXJl'].join('.')

/** Mounts a component, and takes it away again. */
function pass<Props extends object>(component: ComponentType<Props>, props: Props): void {
  render(createElement(component, props)).unmount()
}

const Holder: ComponentType<{ value: unknown }> = () => null

function Keeper() {
  const [session] = useState(() => ({ ...createStore(() => ({ status: 'idle' })), diagnostics: () => [TOKEN] }))
  useEffect(() => session.subscribe(() => {}), [session])
  return null
}

/** Runs where a page is: in a simulated one and in a real one. */
export function describeSecretWatch(name: string): void {
  describe(`the watch for credentials: ${name}`, () => {
    it.each<[what: string, where: RegExp, leak: () => void]>([
      ['is said', /^console\.info$/, () => console.info('connecting with', { offered: ['bearer', TOKEN] })],
      ['is in the title of the page', /^markup$/, () => void (document.title = TOKEN)],
      ['is in an attribute', /^attribute title$/, () => void (document.body.title = TOKEN)],
      [
        'is shown for a moment',
        /^markup$/,
        () => {
          const element = document.createElement('p')
          element.textContent = TOKEN
          document.body.append(element)
          element.remove()
        },
      ],
      [
        'stands in a field',
        /^field$/,
        () => {
          const field = document.createElement('input')
          document.body.append(field)
          field.value = TOKEN
        },
      ],
      ['is kept by the browser', /^sessionStorage$/, () => void (sessionStorage['kept'] = TOKEN)],
      ['is in the address of the page', /^address$/, () => void (location.hash = TOKEN)],
      ['is on the timeline', /^timeline$/, () => void performance.mark(`connected with ${TOKEN}`)],
      [
        'is in the address of a socket',
        /^address$/,
        () => {
          const { WebSocket } = createDeepgramEmulator()
          new WebSocket(`ws://localhost/v1/listen?access_token=${TOKEN}`).close()
        },
      ],
      ['is a prop, of what is gone', /^Holder memoizedProps\.value$/, () => pass(Holder, { value: TOKEN })],
      [
        'is in an error, of what is gone',
        /^Holder memoizedProps\.value\.message$/,
        () => {
          const error = new Error(`The server did not select ${TOKEN}`)
          // Which begins with the message.
          expectSecret(/^Holder memoizedProps\.value\.stack$/)
          pass(Holder, { value: error })
        },
      ],
      ['is told by a session, of what is gone', /^Keeper memoizedState.*\.diagnostics\(\)\.0$/, () => pass(Keeper, {})],
    ])('finds one that %s', (_, where, leak) => {
      const { title } = document
      expectSecret(where)
      leak()
      // Not before: what stays is looked at when the test is over.
      onTestFinished(() => {
        document.title = title
        document.body.removeAttribute('title')
        document.querySelector('input')?.remove()
        sessionStorage.removeItem('kept')
        location.hash = ''
      })
    })

    // `fails` turns red if the watch lets it through.
    it.fails('fails a test that has not announced it', () => {
      document.body.append(TOKEN)
      onTestFinished(() => void (document.body.textContent = ''))
    })

    it.fails('fails a test that has announced it, and another place', () => {
      expectSecret(/^attribute title$/)
    })

    it('knows the tokens of the emulator for what they are, and lets it keep them itself', async () => {
      const emulator = createDeepgramEmulator()
      const { access_token: token } = await emulator.getToken()
      expect(token).toMatch(new RegExp(SECRET))
      expect(emulator.tokens).toHaveLength(1)
      pass(Holder, { value: { emulator } })
    })
  })
}
