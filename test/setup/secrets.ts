// In every test that runs in Node: a credential that appears in the console, in the page, in its storage or its address
// fails the test. What a page shows for a moment only is seen too.
import { afterEach } from 'vitest'
import { fibresHolding, SECRET } from '../support/secrets.ts'

const secret = new RegExp(SECRET)
const finds: string[] = []

function look(where: string, text: string | null | undefined): void {
  // The find itself is not shown: it would be in the console then.
  if (text && secret.test(text)) finds.push(where)
}

for (const method of ['log', 'info', 'debug', 'warn', 'error', 'trace', 'table', 'dir'] as const) {
  const own = console[method].bind(console) as (...values: unknown[]) => void
  console[method] = (...values: unknown[]) => {
    for (const value of values) look(`console.${method}`, asText(value))
    own(...values)
  }
}

function asText(value: unknown): string {
  if (value instanceof Error) return `${value.message} ${value.stack} ${String(value.cause)}`
  if (typeof value === 'string') return value
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return String(value)
  }
}

// Vitest's own page has no document of ours in Node; a test in jsdom makes one before this file is read.
if (typeof document !== 'undefined' && typeof MutationObserver !== 'undefined') {
  new MutationObserver((records) => {
    for (const { type, target, attributeName, addedNodes } of records) {
      if (type === 'attributes') look(`attribute ${attributeName}`, (target as Element).getAttribute(attributeName!))
      else if (type === 'characterData') look('text', target.textContent)
      for (const node of addedNodes) look('markup', node instanceof Element ? node.outerHTML : node.textContent)
    }
  }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true })
}

afterEach(() => {
  if (typeof document !== 'undefined') {
    look('address', location.href)
    look('cookie', document.cookie)
    for (const [name, storage] of Object.entries({ localStorage, sessionStorage })) look(name, JSON.stringify(storage))
    for (const { name } of performance.getEntriesByType?.('resource') ?? []) look('requested address', name)
    finds.push(...fibresHolding(SECRET))
  }
  const complaints = [...new Set(finds.splice(0))]
  if (complaints.length > 0) throw new Error(`A credential was found in: ${complaints.join(', ')}`)
})
