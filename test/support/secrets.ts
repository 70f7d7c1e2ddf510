/**
 * What a credential looks like: a JSON Web Token, an API key of the service, or a key that a test made up so that it can
 * be found.
 */
export const SECRET = String.raw`eyJ[\w-]{8,}\.[\w-]{2,}\.[\w-]{4,}|\b[0-9a-f]{40}\b|kEy0secret`

/**
 * Names what React keeps of the page that holds a match: props, hooks and contexts, of every component. Refers to nothing
 * outside, so that it can be handed to a page of a driven browser.
 *
 * @returns One line for each find: the component, where it was, and the way to it.
 */
export function fibresHolding(pattern: string): string[] {
  interface Fibre {
    type?: { displayName?: string; name?: string; render?: { name: string } } | string | null
    child: Fibre | null
    sibling: Fibre | null
    memoizedProps?: unknown
    pendingProps?: unknown
    memoizedState?: unknown
    dependencies?: unknown
  }
  const secret = new RegExp(pattern)
  const found: string[] = []
  function search(value: unknown, way: string, seen: Set<object>): void {
    if (typeof value === 'string') {
      if (secret.test(value)) found.push(way)
      return
    }
    if (typeof value !== 'object' || value === null || seen.has(value) || seen.size > 10_000) return
    seen.add(value)
    // Other components are looked at by themselves, and the page as its markup.
    if (value instanceof Node || value === window || ('stateNode' in value && 'return' in value)) return
    for (const key of Object.keys(value)) {
      try {
        search((value as Record<string, unknown>)[key], `${way}.${key}`, seen)
      } catch {
        // A getter that refuses holds nothing to see.
      }
    }
  }
  function visit(first: Fibre | null): void {
    for (let fibre = first; fibre; fibre = fibre.sibling) {
      const { type } = fibre
      const name = typeof type === 'string' ? type : (type?.displayName ?? type?.name ?? type?.render?.name ?? '?')
      for (const part of ['memoizedProps', 'pendingProps', 'memoizedState', 'dependencies'] as const) {
        search(fibre[part], `${name} ${part}`, new Set())
      }
      visit(fibre.child)
    }
  }
  for (const element of document.querySelectorAll('body, body *')) {
    const key = Object.keys(element).find((name) => name.startsWith('__reactContainer$'))
    if (!key) continue
    const root = (element as unknown as Record<string, Fibre & { stateNode: { current: Fibre } }>)[key]!
    visit(root.stateNode.current)
  }
  return found
}
