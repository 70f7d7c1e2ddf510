// @vitest-environment jsdom
import { act, cleanup, renderHook, waitFor } from '@testing-library/react'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { useAudioDevices } from 'react-deepgram'
import { createSteeredSession } from './fake-session.ts'

beforeAll(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
})
afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

/** The platform's devices: names are kept back until something records, and again afterwards. */
function plugIn(query: () => Promise<unknown> = () => Promise.reject(new TypeError('microphone'))) {
  const devices = [
    { kind: 'audioinput', deviceId: 'a', label: 'Headset' },
    { kind: 'videoinput', deviceId: 'v', label: 'Camera' },
  ]
  const state = { isOpen: false }
  const getUserMedia = vi.fn(async () => {
    state.isOpen = true
    return { getTracks: () => [{ stop: () => (state.isOpen = false) }], getAudioTracks: () => [] }
  })
  const mediaDevices = Object.assign(new EventTarget(), {
    getUserMedia,
    enumerateDevices: async () => devices.map((device) => ({ ...device, label: state.isOpen ? device.label : '' })),
  })
  vi.stubGlobal('navigator', { mediaDevices, permissions: { query } })
  vi.stubGlobal('isSecureContext', true)
  return { devices, state, mediaDevices, getUserMedia }
}

describe('useAudioDevices', () => {
  it('pain 92: lists without names and without a prompt, tells names once something records, and keeps them', async () => {
    const { devices, state, mediaDevices, getUserMedia } = plugIn()
    devices[0]!.deviceId = 'first'
    const session = createSteeredSession()
    const { result } = renderHook(() => useAudioDevices({ session }))
    await waitFor(() => expect(result.current.devices).toEqual([{ deviceId: 'first', label: '' }]))
    expect(result.current).toMatchObject({ hasLabels: false, permission: 'unknown' })

    state.isOpen = true
    act(() => session.set({ status: 'listening', isCapturing: true }))
    await waitFor(() => expect(result.current.hasLabels).toBe(true))
    expect(result.current.devices).toEqual([{ deviceId: 'first', label: 'Headset' }])

    state.isOpen = false
    devices.push({ kind: 'audioinput', deviceId: 'second', label: 'Webcam' })
    act(() => void mediaDevices.dispatchEvent(new Event('devicechange')))
    await waitFor(() => expect(result.current.devices).toHaveLength(2))
    expect(result.current.devices[0]).toEqual({ deviceId: 'first', label: 'Headset' })
    expect(result.current.hasLabels).toBe(false)
    expect(getUserMedia).not.toHaveBeenCalled()
  })

  it('asks when it is told to, and gives the microphone back', async () => {
    const { state, getUserMedia } = plugIn(async () => Object.assign(new EventTarget(), { state: 'granted' }))
    const { result } = renderHook(() => useAudioDevices())
    await waitFor(() => expect(result.current.permission).toBe('granted'))
    await act(() => result.current.requestPermission())
    expect(result.current.hasLabels).toBe(true)
    expect(getUserMedia).toHaveBeenCalledOnce()
    await waitFor(() => expect(state.isOpen).toBe(false))
  })

  it('has nothing to list where there are no media devices', async () => {
    vi.stubGlobal('navigator', {})
    const { result } = renderHook(() => useAudioDevices())
    await act(async () => {})
    expect(result.current).toMatchObject({ devices: [], hasLabels: false, permission: 'unknown' })
  })
})
