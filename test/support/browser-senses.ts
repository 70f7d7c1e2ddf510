import { cdp } from 'vitest/browser'

interface AXValue {
  readonly value?: string | number | boolean
}

interface AXNode {
  readonly nodeId: string
  readonly ignored: boolean
  readonly role?: AXValue
  readonly name?: AXValue
  readonly description?: AXValue
  readonly value?: AXValue
  readonly properties?: readonly { readonly name: string; readonly value: AXValue }[]
  readonly childIds?: readonly string[]
}

const STATES = ['busy', 'disabled', 'expanded', 'live', 'pressed']
// Whether a paragraph with blocks in it is one differs from version to version.
const SILENT = ['generic', 'none', 'paragraph', 'RootWebArea', 'InlineTextBox']
/** What is in these is their name already, or their value. */
const LEAVES = ['StaticText', 'LabelText', 'button', 'combobox', 'textbox', 'DisclosureTriangle']

/** What the browser hands to assistive technology of this page, a line a node: role, name, states, what is in it. */
export async function accessibilityTree(): Promise<string[]> {
  const session = cdp()
  const { frameTree } = await session.send('Page.getFrameTree')
  const frames = [frameTree]
  let frameId: string | undefined
  // The page under test is a frame of the runner's.
  for (let each = frames.pop(); each; each = frames.pop()) {
    frames.push(...(each.childFrames ?? []))
    if (location.href.startsWith(each.frame.url)) frameId = each.frame.id
  }
  const { nodes } = (await session.send('Accessibility.getFullAXTree', frameId ? { frameId } : {})) as {
    nodes: readonly AXNode[]
  }
  const byId = new Map(nodes.map((node) => [node.nodeId, node]))
  const lines: string[] = []
  const visit = (node: AXNode, depth: number): void => {
    const role = String(node.role?.value)
    const name = String(node.name?.value ?? '')
    const states = STATES.flatMap((state) => {
      const value = node.properties?.find((each) => each.name === state)?.value.value
      return value === undefined || value === '' ? [] : [value === 1 ? state : `${state}=${String(value)}`]
    })
    const isSilent =
      node.ignored ||
      (SILENT.includes(role) && states.length === 0) ||
      role === 'LabelText' ||
      (role === 'StaticText' && !name.trim())
    if (!isSilent) {
      const description = node.description?.value ? [`(${String(node.description.value)})`] : []
      const value = node.value?.value === undefined || node.value.value === '' ? [] : [`= ${String(node.value.value)}`]
      const text = role === 'StaticText' ? [`"${name}"`] : [role, ...(name ? [`"${name}"`] : [])]
      lines.push('  '.repeat(depth) + [...text, ...value, ...description, ...states].join(' '))
    }
    if (LEAVES.includes(role) && !node.ignored) return
    for (const id of node.childIds ?? []) {
      const child = byId.get(id)
      if (child) visit(child, isSilent ? depth : depth + 1)
    }
  }
  visit(nodes[0]!, 0)
  return lines
}

/** Lets the page meet what a person has set in the system; without features, nothing in particular. */
export async function emulateMedia(features: Readonly<Record<string, string>> = {}): Promise<void> {
  await cdp().send('Emulation.setEmulatedMedia', {
    features: Object.entries(features).map(([name, value]) => ({ name, value })),
  })
  await nextPicture()
}

/** Waits until what was changed is on the screen. */
export const nextPicture = (): Promise<void> =>
  new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())))

/** The red, green and blue of any colour that CSS can write, laid over another one. */
function paint(...colors: readonly string[]): number[] {
  const context = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })!
  for (const color of colors) {
    context.fillStyle = color
    context.fillRect(0, 0, 1, 1)
  }
  return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)]
}

const luminance = (rgb: readonly number[]): number =>
  rgb
    .map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i]!, 0)

/** Contrast of a colour on a ground, 1…21, as WCAG counts it. */
export function contrast(color: string, ground: string): number {
  const [light, dark] = [luminance(paint(ground, color)), luminance(paint(ground))].sort((a, b) => b - a)
  return (light! + 0.05) / (dark! + 0.05)
}

/** The ground that is seen in an element: its own, or that of the nearest one around it which has one. */
export function groundOf(element: Element | null): string {
  for (let each = element; each; each = each.parentElement) {
    const { backgroundColor } = getComputedStyle(each)
    if (!/^rgba\(.*, 0\)$/.test(backgroundColor)) return backgroundColor
  }
  const page = document.createElement('div')
  page.style.backgroundColor = 'Canvas'
  document.body.append(page)
  const { backgroundColor } = getComputedStyle(page)
  page.remove()
  return backgroundColor
}

/** What marks the focus: whether there is a ring of at least two pixels that stands out from what is around it. */
export function focusRing(element: Element): { readonly isVisible: boolean; readonly contrast: number } {
  const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element)
  const ratio = contrast(outlineColor, groundOf(element.parentElement))
  return { isVisible: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 && ratio >= 3, contrast: ratio }
}

/** Elements that stick out of the page, and texts that are cut off. What only assistive technology gets is left out. */
export function whatIsCut(root: Element): string[] {
  const width = document.documentElement.clientWidth
  const told = (element: Element, what: string): string =>
    `${element.tagName.toLowerCase()}.${element.getAttribute('class') ?? ''} ${what}`
  return [...root.querySelectorAll('*')].flatMap((element) => {
    const { left, right, width: own } = element.getBoundingClientRect()
    const style = getComputedStyle(element)
    if (own <= 1 || style.clipPath !== 'none' || style.position === 'absolute') return []
    if (right > width + 1 || left < -1) return [told(element, `reaches from ${left} to ${right} of ${width}`)]
    const isClipping = /hidden|clip/.test(style.overflowX)
    const isCut =
      isClipping && (element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1)
    return isCut ? [told(element, 'cuts what is in it')] : []
  })
}
