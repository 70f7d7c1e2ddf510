'use client'
import { forwardRef, useState } from 'react'
import { useAudioDevices, type AudioDevice } from '../hooks/useAudioDevices.ts'
import type { ListenSession } from '../session/listen-session.ts'
import type { SpeakSession } from '../session/speak-session.ts'
import { labelOf } from './labels.ts'
import { SelectField, type SelectProps } from './SelectField.tsx'
import { shownText } from './shown-text.ts'

/** Props of {@link DeviceSelectView}. */
export interface DeviceSelectViewProps extends SelectProps {
  /** What can be chosen, besides the system's default. */
  devices: readonly AudioDevice[]
  /** The chosen device; `''` is the system's default. */
  value: string
  /** Called with the chosen device; `''` is the system's default. */
  onDeviceChange?: ((deviceId: string) => void) | undefined
  /** Microphones, or loudspeakers. @default 'audioinput' */
  kind?: 'audioinput' | 'audiooutput' | undefined
  /** Asks for names; without it there is no button for it. */
  onRequestNames?: (() => void) | undefined
}

/**
 * Chooses a device.
 *
 * Renders a `<label>` with a `<select>`, to which ref, class, style and handlers go, and a button that asks for the names where
 * the browser keeps them back.
 */
export const DeviceSelectView = forwardRef<HTMLSelectElement, DeviceSelectViewProps>(function DeviceSelectView(
  { devices, value, onDeviceChange, kind = 'audioinput', onRequestNames, labels, ...rest },
  ref,
) {
  // Before permission there are devices without ids: nothing that could be chosen.
  const choices = devices.filter(({ deviceId }) => deviceId && deviceId !== 'default')
  return (
    <SelectField
      {...rest}
      selectRef={ref}
      name={labelOf(labels, kind === 'audioinput' ? 'device' : 'outputDevice')}
      value={value}
      onPick={onDeviceChange}
      choices={[
        ['', labelOf(labels, 'defaultDevice')],
        ...choices.map(
          ({ deviceId, label }, i) => [deviceId, shownText(label) || labelOf(labels, 'unnamedDevice', i + 1)] as const,
        ),
      ]}
      after={
        onRequestNames && (
          <button type="button" className="dg-button" onClick={onRequestNames}>
            {labelOf(labels, 'allowNames')}
          </button>
        )
      }
    />
  )
})

/** Props of {@link DeviceSelect}. */
export type DeviceSelectProps = Omit<DeviceSelectViewProps, 'devices' | 'value' | 'onRequestNames' | 'kind'> &
  (
    | {
        /** Whose device: the microphone of a listen session, or the loudspeaker of a speak session. */
        session: ListenSession
        /** Microphones, or loudspeakers; a speak session needs the latter. @default 'audioinput' */
        kind?: 'audioinput' | undefined
      }
    | {
        /** Whose device: the microphone of a listen session, or the loudspeaker of a speak session. */
        session: SpeakSession
        /** Microphones, or loudspeakers; a speak session needs the latter. */
        kind: 'audiooutput'
      }
  )

/**
 * Chooses the microphone of a listen session, or (`kind="audiooutput"`) the loudspeaker of a speak session. Never
 * prompts by itself. See {@link DeviceSelectView}.
 */
export const DeviceSelect = forwardRef<HTMLSelectElement, DeviceSelectProps>(function DeviceSelect(
  { session, kind = 'audioinput', onDeviceChange, ...rest },
  ref,
) {
  const [value, setValue] = useState('')
  const { devices, hasLabels, requestPermission } = useAudioDevices({
    kind,
    ...('setDevice' in session && { session }),
  })
  const choose = (deviceId: string): void => {
    setValue(deviceId)
    // A failure of a listen session is in its state; a loudspeaker that cannot be had leaves the one before.
    const chosen = 'setDevice' in session ? session.setDevice(deviceId || undefined) : session.setOutputDevice(deviceId)
    chosen.catch(() => setValue(value))
    onDeviceChange?.(deviceId)
  }
  return (
    <DeviceSelectView
      {...rest}
      ref={ref}
      {...{ kind, devices, value }}
      onDeviceChange={choose}
      onRequestNames={hasLabels ? undefined : () => void requestPermission().catch(() => {})}
    />
  )
})
