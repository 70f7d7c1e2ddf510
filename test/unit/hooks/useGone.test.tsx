// @vitest-environment jsdom
import { Activity, StrictMode, Suspense, use } from 'react'
import { act, cleanup, render } from '@testing-library/react'
import { afterEach, expect, it, vi } from 'vitest'
import { useGone } from '../../../src/hooks/useGone.ts'

afterEach(cleanup)

function Present({ end }: { end: () => void }) {
  useGone(end)
  return null
}

function Late({ until }: { until: Promise<void> | null }) {
  if (until) use(until)
  return null
}

it('does not take the double mounting of Strict Mode, nor a neighbour’s fallback, for the end', async () => {
  const end = vi.fn()
  const page = (until: Promise<void> | null) => (
    <StrictMode>
      <Suspense fallback="waiting">
        <Present end={end} />
        <Late until={until} />
      </Suspense>
    </StrictMode>
  )
  const { rerender, container, unmount } = render(page(null))
  let arrive = (): void => {}
  const until = new Promise<void>((resolve) => (arrive = resolve))
  await act(async () => rerender(page(until)))
  expect(container.textContent).toBe('waiting')
  await act(async () => arrive())
  expect(container.textContent).toBe('')
  expect(end).not.toHaveBeenCalled()
  unmount()
  await Promise.resolve()
  expect(end).toHaveBeenCalledTimes(1)
})

it('takes being hidden for the end, every time', async () => {
  const end = vi.fn()
  const page = (mode: 'visible' | 'hidden') => (
    <Activity mode={mode}>
      <Present end={end} />
    </Activity>
  )
  const { rerender } = render(page('visible'))
  for (const times of [1, 2]) {
    await act(async () => rerender(page('hidden')))
    expect(end).toHaveBeenCalledTimes(times)
    await act(async () => rerender(page('visible')))
  }
  expect(end).toHaveBeenCalledTimes(2)
})
