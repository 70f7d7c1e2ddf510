'use client'
import { useCallback, useEffect, useState } from 'react'
import { microphonePermission, openMicrophone } from '../capture/microphone.ts'
import type { ReadonlyStore } from '../session/store.ts'

/** Options of {@link useAudioDevices}. */
export interface UseAudioDevicesOptions {
  /** Microphones, or loudspeakers. @default 'audioinput' */
  kind?: 'audioinput' | 'audiooutput' | undefined
  /** A listen session: browsers that keep names back tell them once it records. */
  session?: ReadonlyStore<{ readonly isCapturing: boolean }> | undefined
}

/** One device. */
export interface AudioDevice {
  /** For `capture.deviceId`, `setDevice` and `setOutputDevice`; the browser keeps it back before permission. */
  readonly deviceId: string
  /** Its name as the browser tells it, or as it was last known; empty before permission. */
  readonly label: string
}

/** What {@link useAudioDevices} returns. */
export interface UseAudioDevicesResult {
  /** Empty until they are known, after mounting. */
  readonly devices: readonly AudioDevice[]
  /** Whether there are devices and all of them have names. */
  readonly hasLabels: boolean
  /** Whether the browser has been asked for the microphone; `'unknown'` where it does not tell. */
  readonly permission: PermissionState | 'unknown'
  /**
   * Asks for the microphone, so that names are known, and gives it back at once. Call it in a click.
   *
   * @throws DeepgramError as a rejection, with the codes of the microphone.
   */
  readonly requestPermission: () => Promise<void>
}

const EMPTY = { devices: [], hasLabels: false, permission: 'unknown' } as const

/** The names by device, for browsers that keep them back again when nothing records. */
const names = new Map<string, string>()

/**
 * The microphones, or the loudspeakers, of this device. Never prompts by itself.
 *
 * Renders again when a device comes or goes, or when names or the permission become known. Unmounting leaves nothing.
 */
export function useAudioDevices({ kind = 'audioinput', session }: UseAudioDevicesOptions = {}): UseAudioDevicesResult {
  const [state, setState] = useState<Omit<UseAudioDevicesResult, 'requestPermission'>>(EMPTY)

  const refresh = useCallback(
    async (isWanted: () => boolean = () => true) => {
      const [all, permission] = await Promise.all([listDevices(), microphonePermission()])
      const devices = all.filter((device) => device.kind === kind).map(toDevice)
      const next = { devices, hasLabels: devices.length > 0 && devices.every(({ label }) => label), permission }
      if (isWanted()) setState((before) => (JSON.stringify(before) === JSON.stringify(next) ? before : next))
    },
    [kind],
  )

  useEffect(() => {
    const media = globalThis.navigator?.mediaDevices as MediaDevices | undefined
    let isMounted = true
    let permission: PermissionStatus | undefined
    const update = (): void => void refresh(() => isMounted)
    update()
    media?.addEventListener?.('devicechange', update)
    queryMicrophone().then((status) => {
      if (!isMounted || !status) return
      permission = status
      status.addEventListener('change', update)
    }, ignore)
    const unsubscribe = session?.subscribe((now, before) => {
      if (now.isCapturing && !before.isCapturing) update()
    })
    return () => {
      isMounted = false
      media?.removeEventListener?.('devicechange', update)
      permission?.removeEventListener('change', update)
      unsubscribe?.()
    }
  }, [refresh, session])

  const requestPermission = useCallback(async () => {
    const microphone = await openMicrophone({}, new AbortController().signal)
    // Some browsers tell names only while something records.
    await refresh().finally(microphone.release)
  }, [refresh])

  return { ...state, requestPermission }
}

const listDevices = async (): Promise<MediaDeviceInfo[]> =>
  (await (globalThis.navigator?.mediaDevices as MediaDevices | undefined)?.enumerateDevices?.().catch(() => [])) ?? []

function toDevice({ deviceId, label }: MediaDeviceInfo): AudioDevice {
  if (label) names.set(deviceId, label)
  return { deviceId, label: label || (names.get(deviceId) ?? '') }
}

// Throws a TypeError where the name is not known: that is no failure, only no news.
const queryMicrophone = async (): Promise<PermissionStatus | undefined> =>
  navigator.permissions?.query({ name: 'microphone' })

const ignore = (): void => {
  // Without it the list is refreshed by the other events.
}
