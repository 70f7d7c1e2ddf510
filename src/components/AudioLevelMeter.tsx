'use client'
import { forwardRef, useCallback, useEffect, useRef, type CanvasHTMLAttributes, type ForwardedRef } from 'react'
import { paintLevel, paintSessionLevel, type LevelSource } from '../hooks/useAudioLevel.ts'
import { classNames, joinRefs } from './props.ts'

/** What both meters take. */
interface MeterProps extends CanvasHTMLAttributes<HTMLCanvasElement> {
  /** `'wave'` shows the last seconds, `'bar'` the moment. @default 'wave' */
  variant?: 'wave' | 'bar' | undefined
}

/** Props of {@link AudioLevelMeterView}. */
export interface AudioLevelMeterViewProps extends MeterProps {
  /** The level now, linear 0…1. Asked before each picture while `isActive`. */
  getLevel: () => number
  /** Whether there is something to measure. @default true */
  isActive?: boolean | undefined
}

/**
 * A level meter. It is a picture only, hidden from assistive technology: put the status in words beside it.
 *
 * Renders a `<canvas>` in the colour of the text around it, painted before each picture without a render of React. Where
 * reduced motion is wanted, it is a bar that moves a few times a second.
 */
export const AudioLevelMeterView = forwardRef<HTMLCanvasElement, AudioLevelMeterViewProps>(function AudioLevelMeterView(
  { getLevel, isActive = true, ...rest },
  ref,
) {
  const run = useCallback(
    (paint: Paint) => (isActive ? paintLevel(getLevel, paint) : paint(0, 0)),
    [getLevel, isActive],
  )
  return <Meter {...rest} meterRef={ref} run={run} />
})

/** Props of {@link AudioLevelMeter}. */
export interface AudioLevelMeterProps extends MeterProps {
  /** Whose level: a listen or a speak session. */
  session: LevelSource
}

/** A session's level meter. Never renders again by itself. See {@link AudioLevelMeterView}. */
export const AudioLevelMeter = forwardRef<HTMLCanvasElement, AudioLevelMeterProps>(function AudioLevelMeter(
  { session, ...rest },
  ref,
) {
  const run = useCallback((paint: Paint) => paintSessionLevel(session, paint), [session])
  return <Meter {...rest} meterRef={ref} run={run} />
})

type Paint = (level: number, elapsedMs: number) => void

interface CanvasProps extends MeterProps {
  meterRef: ForwardedRef<HTMLCanvasElement>
  /** Begins to call the painter, and returns its undo. */
  run: (paint: Paint) => (() => void) | void
}

function Meter({ meterRef, run, variant = 'wave', className, ...rest }: CanvasProps) {
  const own = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const canvas = own.current!
    const { paint, draw } = createPainter(canvas, variant)
    const stop = run(paint)
    // At rest nothing is painted, but when its colour (the stylesheet makes a short transition of it) or its size is another one.
    canvas.addEventListener('transitionend', draw)
    const observer = globalThis.ResizeObserver ? new ResizeObserver(draw) : undefined
    observer?.observe(canvas)
    return () => {
      canvas.removeEventListener('transitionend', draw)
      observer?.disconnect()
      stop?.()
    }
  }, [run, variant])
  return (
    <canvas
      aria-hidden="true"
      {...rest}
      ref={joinRefs(own, meterRef)}
      className={classNames('dg-meter', className)}
      data-variant={variant}
    />
  )
}

// Milliseconds of sound per stroke, and per picture where reduced motion is wanted.
const STROKE_MS = 50
const CALM_MS = 250
// Pixels.
const STROKE = 3
const STEP = 5

function createPainter(canvas: HTMLCanvasElement, variant: 'wave' | 'bar'): { paint: Paint; draw: () => void } {
  const strokes: number[] = []
  let waitedMs = Infinity
  let peak = 0
  // Kept, because it is asked with every picture; it tells of changes by itself.
  const calm = globalThis.matchMedia?.('(prefers-reduced-motion: reduce)')
  /** Whether the person, or the page by `data-reduced-motion` on its root element, asks for less motion. */
  const wantsCalm = (): boolean => document.documentElement.dataset.reducedMotion === 'reduce' || calm?.matches === true
  const paint: Paint = (level, elapsedMs) => {
    waitedMs += elapsedMs
    peak = Math.max(peak, level)
    if (elapsedMs && waitedMs < (wantsCalm() ? CALM_MS : variant === 'wave' ? STROKE_MS : 0)) return
    waitedMs = 0
    if (elapsedMs) strokes.push(peak)
    // At rest nothing stays of what was heard.
    else strokes.length = 0
    peak = 0
    draw()
  }
  const draw = (): void => {
    const { clientWidth: width, clientHeight: height } = canvas
    const context = width ? canvas.getContext('2d') : null
    if (!context) return
    let scale = globalThis.devicePixelRatio || 1
    const setSize = (): void => {
      // This also clears the canvas.
      canvas.width = width * scale
      canvas.height = height * scale
    }
    setSize()
    if (canvas.clientWidth !== width) {
      // No stylesheet gives it a size; its pixels do.
      scale = 1
      setSize()
    }
    context.scale(scale, scale)
    context.fillStyle = getComputedStyle(canvas).color
    const middle = height / 2
    const stroke = (x: number, wide: number, high: number, alpha = 1): void => {
      context.globalAlpha = alpha
      context.beginPath()
      context.roundRect(x, middle - high / 2, wide, high, Math.min(wide, high) / 2)
      context.fill()
    }
    if (wantsCalm() || variant === 'bar') {
      const thick = Math.min(6, height)
      stroke(0, width, thick, 0.2)
      if (strokes.at(-1)) stroke(0, Math.max(thick, width * strokes.at(-1)!), thick)
      strokes.splice(0, strokes.length - 1)
      return
    }
    const room = Math.floor(width / STEP)
    strokes.splice(0, strokes.length - room)
    for (let i = 0; i < room; i++) {
      const loud = strokes.at(-1 - i) ?? 0
      stroke(width - (i + 1) * STEP, STROKE, Math.max(STROKE, loud * height), loud < 0.05 ? 0.3 : 1 - (i / room) * 0.6)
    }
  }
  return { paint, draw }
}
