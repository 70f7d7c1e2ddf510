/**
 * What a credential looks like: a JSON Web Token, an API key of the service, or a key that a test made up so that it can
 * be found. Not a key is the folder in which Vite keeps a page's packages.
 */
export const SECRET = String.raw`eyJ[\w-]{8,}\.[\w-]{2,}\.[\w-]{4,}|\b[0-9a-f]{40}\b(?!/deps/)|kEy0secret`

interface Expectation {
  where: RegExp
  seen: number
}

interface SecretWatch {
  expected: Expectation[]
  /** Where a credential was found; the find itself is not kept, for it would be told with the failure. */
  finds: string[]
}

// Kept on the global object: in the browser a setup file and a test file may each load their own copy of this module.
const key = Symbol.for('react-deepgram.test.secrets')
const holder = globalThis as { [key]?: SecretWatch }

/** What the running test has announced and where a credential was met; for the setup file. */
export const secretWatch: SecretWatch = (holder[key] ??= { expected: [], finds: [] })

/**
 * Announces that the running test itself puts a credential somewhere: without a find there, the test fails.
 *
 * A find in any other place still fails the test.
 */
export function expectSecret(where: RegExp): void {
  secretWatch.expected.push({ where, seen: 0 })
}

/** As much of React's description of a component as is looked at. */
interface Fibre {
  type?: { displayName?: string; name?: string; render?: { name: string } } | string | null
  child: Fibre | null
  sibling: Fibre | null
  memoizedProps?: unknown
  pendingProps?: unknown
  memoizedState?: unknown
  dependencies?: unknown
}

/**
 * Names what React keeps of the page that holds a match: props, hooks and contexts, of every component, and the state and
 * the diagnostics of whatever session is among them. Refers to nothing outside, so that it can be handed to a page of a
 * driven browser.
 *
 * @param only - Look at this component alone, and not at what is below it.
 * @param known - What was searched already and need not be again.
 * @returns One line for each find: the component, where it was, and the way to it.
 */
export function fibresHolding(pattern: string, only?: unknown, known?: WeakSet<object>): string[] {
  const secret = new RegExp(pattern)
  const found: string[] = []
  let seen = known ?? new WeakSet<object>()
  let left = 0
  function search(value: unknown, way: string): void {
    if (typeof value === 'string') {
      if (secret.test(value)) found.push(way)
      return
    }
    if (typeof value !== 'object' || value === null || seen.has(value) || left-- < 0) return
    seen.add(value)
    // Other components are looked at by themselves, and the page as its markup; samples hold no text.
    if (value instanceof Node || value === window || ('stateNode' in value && 'return' in value)) return
    if (ArrayBuffer.isView(value)) return
    // The emulator plays the service, which knows what it gave out.
    if ('issueToken' in value) return
    if (value instanceof Map || value instanceof Set) {
      search([...value], way)
      return
    }
    // What an error says is no enumerable property.
    for (const name of value instanceof Error ? Object.getOwnPropertyNames(value) : Object.keys(value)) {
      try {
        const held = (value as Record<string, unknown>)[name]
        search(held, `${way}.${name}`)
        const isTold = name === 'getState' || name === 'getInitialState' || name === 'diagnostics'
        if (isTold && typeof held === 'function') search(held.call(value), `${way}.${name}()`)
      } catch {
        // A getter that refuses holds nothing to see.
      }
    }
  }
  function look(fibre: Fibre): void {
    const { type } = fibre
    const name = typeof type === 'string' ? type : (type?.displayName ?? type?.name ?? type?.render?.name ?? '?')
    for (const part of ['memoizedProps', 'pendingProps', 'memoizedState', 'dependencies'] as const) {
      if (!known) seen = new WeakSet()
      left = 10_000
      search(fibre[part], `${name} ${part}`)
    }
  }
  function visit(first: Fibre | null): void {
    for (let fibre = first; fibre; fibre = fibre.sibling) {
      look(fibre)
      visit(fibre.child)
    }
  }
  if (only) {
    look(only as Fibre)
    return found
  }
  for (const element of document.querySelectorAll('body, body *')) {
    const key = Object.keys(element).find((name) => name.startsWith('__reactContainer$'))
    const root = key && (element as unknown as Record<string, { stateNode: { current: Fibre } } | null>)[key]
    // Null where what was mounted is gone.
    if (root) visit(root.stateNode.current)
  }
  return found
}
