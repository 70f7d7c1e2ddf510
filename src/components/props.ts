'use client'
import type { Ref, RefCallback } from 'react'

// Whatever an element knows goes to the element; whatever is left is an option. New options need no list of their own.
const DOM =
  /^((aria|data)-.+|on[A-Z].*|id|className|style|title|lang|dir|hidden|inert|tabIndex|role|slot|translate|autoFocus|disabled|form|name|value|popover\w*|suppressHydrationWarning)$/
const CALLBACKS = /^on(Final|Utterance|Error|Turn|Finished|EditsChange)$/

/** Tells apart what an element takes and what a session takes. */
export function splitProps<T extends object>(props: T): [elementProps: Record<string, unknown>, options: T] {
  const element: Record<string, unknown> = {}
  const options: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(props)) {
    if (DOM.test(name) && !CALLBACKS.test(name)) element[name] = value
    else options[name] = value
  }
  return [element, options as T]
}

/** Class names side by side. */
export const classNames = (...names: (string | undefined)[]): string => names.filter(Boolean).join(' ')

/** Hands one element to several refs. Works with the refs of React 18 and 19. */
export const joinRefs =
  <T>(...refs: (Ref<T> | undefined)[]): RefCallback<T> =>
  (element) => {
    for (const ref of refs) {
      if (typeof ref === 'function') ref(element)
      else if (ref) ref.current = element
    }
  }

/** For words that only assistive technology gets; in place, so that they stay hidden without the stylesheet. */
export const HIDDEN = {
  position: 'absolute',
  width: 1,
  height: 1,
  // At the end of a line it would stick out of a narrow page.
  margin: -1,
  overflow: 'hidden',
  clipPath: 'inset(50%)',
  whiteSpace: 'nowrap',
} as const
