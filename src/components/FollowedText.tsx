'use client'
import { useEffect, useRef, useState, type ReactNode } from 'react'

interface FollowedTextProps {
  label: string
  /** Of the button that leads back to the end. */
  jumpLabel: string
  lang?: string | undefined
  children: ReactNode
}

/** Text in a box that stays scrolled to its end, until its reader scrolls up; then it offers the way back. */
export function FollowedText({ label, jumpLabel, lang, children }: FollowedTextProps) {
  const { box, content, isFollowing, onScroll, jump } = useFollowEnd()
  return (
    <div className="dg-body">
      <div
        ref={box}
        className="dg-scroll"
        role="group"
        aria-label={label}
        // It can be scrolled with the keyboard only if it can be focused.
        tabIndex={0}
        lang={lang}
        onScroll={onScroll}
      >
        <div ref={content} className="dg-text">
          {children}
        </div>
      </div>
      {!isFollowing && (
        <button type="button" className="dg-button dg-jump" onClick={jump}>
          {jumpLabel}
        </button>
      )}
    </div>
  )
}

/** Pixels from the end within which a reader counts as being at the end. */
const NEAR = 16

/** Keeps a box scrolled to its end, until its reader scrolls up. */
function useFollowEnd() {
  const box = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const [isFollowing, setFollowing] = useState(true)
  const place = useRef({ top: 0, isFollowing: true })
  const follow = (next: boolean): void => {
    place.current.isFollowing = next
    setFollowing(next)
  }
  useEffect(() => {
    if (typeof ResizeObserver === 'undefined') return
    // Told after the layout and before the picture: nothing is ever seen in the wrong place, and nothing glides.
    const observer = new ResizeObserver(() => {
      if (place.current.isFollowing) goToEnd(box.current)
    })
    observer.observe(box.current!)
    observer.observe(content.current!)
    return () => observer.disconnect()
  }, [])
  const onScroll = (): void => {
    const { scrollTop, scrollHeight, clientHeight } = box.current!
    if (scrollHeight - clientHeight - scrollTop < NEAR) follow(true)
    // Only upwards: text that grows faster than it is followed is not a reader's wish.
    else if (scrollTop < place.current.top) follow(false)
    place.current.top = scrollTop
  }
  const jump = (): void => {
    follow(true)
    goToEnd(box.current)
    // The button goes away; the focus stays nearby.
    box.current?.focus({ preventScroll: true })
  }
  return { box, content, isFollowing, onScroll, jump }
}

function goToEnd(box: HTMLElement | null): void {
  if (box) box.scrollTop = box.scrollHeight
}
