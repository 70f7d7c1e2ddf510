// In every test in Node, in a page, and of a story: a credential that appears in the console, in the page, in its storage,
// in an address or in what React keeps of a component fails the test. What is there for a moment only is seen too.
import { afterEach, beforeEach } from 'vitest'
import { fibresHolding, SECRET, secretWatch } from '../support/secrets.ts'

const secret = new RegExp(SECRET)

function look(where: string, text: string | null | undefined): void {
  // The find itself is not shown: it would be in the console then.
  if (text && secret.test(text)) secretWatch.finds.push(where)
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

const hasDocument = typeof document !== 'undefined' && typeof MutationObserver !== 'undefined'

// Vitest's own page has no document of ours in Node; a test in jsdom makes one before this file is read. In a page the
// tests have a frame of their own, so that what Vitest shows beside it is not looked at.
const mutations = hasDocument ? new MutationObserver(lookAtChanges) : undefined
mutations?.observe(document, { subtree: true, childList: true, characterData: true, attributes: true })

function lookAtChanges(records: readonly MutationRecord[]): void {
  for (const { type, target, attributeName, addedNodes } of records) {
    if (type === 'attributes') look(`attribute ${attributeName}`, (target as Element).getAttribute(attributeName!))
    else if (type === 'characterData') look('text', target.textContent)
    for (const node of addedNodes) look('markup', node instanceof Element ? node.outerHTML : node.textContent)
  }
}

// Watched and not read at the end: a page keeps 250 requests, and a test's own modules are more than that. React tells the
// profiler what it renders.
const requests = hasDocument ? new PerformanceObserver((list) => lookAtEntries(list.getEntries())) : undefined
for (const type of ['resource', 'mark', 'measure']) requests?.observe({ type, buffered: true })

function lookAtEntries(entries: readonly PerformanceEntry[]): void {
  for (const entry of entries) {
    look(entry.entryType === 'resource' ? 'requested address' : 'timeline', entry.name)
    if ('detail' in entry) look('timeline', asText(entry.detail))
  }
}

// No request, and so in no list of them, is the address of a socket in this page: whoever answers takes it apart.
globalThis.URL = new Proxy(URL, {
  construct(target, args: ConstructorParameters<typeof URL>, newTarget) {
    look('address', String(args[0]))
    return Reflect.construct(target, args, newTarget)
  },
})

// When a test is over its components are gone, most of them, and with them what they held; so each is looked at when it
// goes. This is the way by which React tells its developer tools, which have to be there before React is.
if (hasDocument) {
  interface DeveloperTools {
    supportsFiber: boolean
    inject: () => number
    onCommitFiberRoot: (...about: unknown[]) => void
    onCommitFiberUnmount?: (id: number, fibre: unknown) => void
  }
  const holder = globalThis as { __REACT_DEVTOOLS_GLOBAL_HOOK__?: DeveloperTools }
  const tools = (holder.__REACT_DEVTOOLS_GLOBAL_HOOK__ ??= {
    supportsFiber: true,
    inject: () => 1,
    onCommitFiberRoot() {},
  })
  const own = tools.onCommitFiberUnmount?.bind(tools)
  // What many components hold is searched once in a task: their session, above all.
  let known: WeakSet<object> | undefined
  tools.onCommitFiberUnmount = (id, fibre) => {
    if (!known) {
      known = new WeakSet()
      queueMicrotask(() => (known = undefined))
    }
    secretWatch.finds.push(...fibresHolding(SECRET, fibre, known))
    own?.(id, fibre)
  }
}

/**
 * What a test failed for, and what the test before it had: a story stays until the next one comes, which is not to be blamed
 * for it. Its own second try is.
 */
let blame = { task: '', own: new Set<string>(), before: new Set<string>() }

beforeEach(() => {
  secretWatch.expected.length = 0
})

afterEach(({ task }) => {
  if (hasDocument) {
    lookAtChanges(mutations!.takeRecords())
    lookAtEntries(requests!.takeRecords())
    look('address', location.href)
    look('cookie', document.cookie)
    for (const [name, storage] of Object.entries({ localStorage, sessionStorage })) look(name, JSON.stringify(storage))
    for (const { value } of document.querySelectorAll<HTMLInputElement>('input, textarea')) look('field', value)
    secretWatch.finds.push(...fibresHolding(SECRET))
  }
  const before = blame.task === task.id ? blame.before : blame.own
  const { expected } = secretWatch
  const complaints = [...new Set(secretWatch.finds.splice(0))].filter((find) => {
    const own = expected.filter(({ where }) => where.test(find))
    for (const each of own) each.seen += 1
    return own.length === 0 && !before.has(find)
  })
  blame = { task: task.id, own: new Set(complaints), before }
  const missing = expected.splice(0).filter(({ seen }) => seen === 0)
  if (complaints.length > 0) throw new Error(`A credential was found in: ${complaints.join(', ')}`)
  if (missing.length > 0) {
    throw new Error(`No credential was found in: ${missing.map(({ where }) => String(where)).join(', ')}`)
  }
})
