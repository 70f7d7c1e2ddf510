/** The microphones of the page, which the test pulls out and plugs in again. They are Chromium's own, and so are the tracks. */
export interface Plugboard {
  /** Constraints of every `getUserMedia`, in order. */
  readonly asked: MediaTrackConstraints[]
  /** Every track that was handed out, in order. */
  readonly tracks: MediaStreamTrack[]
  /** The last of them. */
  track(): MediaStreamTrack
  /** The real id of a device, by a part of its name. */
  idOf(name: string): string
  /** Takes devices away: their tracks end, and the page is told. */
  unplug(...names: string[]): void
  /** Brings devices back, and tells the page. */
  plug(...names: string[]): void
  /** Tells the page that devices have changed. */
  tell(): void
  /** The system's choice is another device now. */
  setDefault(name: string): void
  /** What is done in place of the next `getUserMedia`, and of those after it until it is taken back with `null`. */
  answer: ((constraints: MediaTrackConstraints) => Promise<MediaStream>) | null
  restore(): void
}

const namedError = (name: string, message = ''): Error => new DOMException(message, name)

export async function openPlugboard(): Promise<Plugboard> {
  const { mediaDevices } = navigator
  const all = (await mediaDevices.enumerateDevices()).filter(({ kind }) => kind === 'audioinput')
  const own = { getUserMedia: mediaDevices.getUserMedia, enumerateDevices: mediaDevices.enumerateDevices }
  const gone = new Set<string>()
  let defaultGroup = 'the first'
  const find = (name: string): MediaDeviceInfo => {
    const found = all.find(({ label }) => label.includes(name))
    if (!found) throw new Error(`No device is called ${name}: ${all.map(({ label }) => label).join(', ')}`)
    return found
  }
  const present = (): MediaDeviceInfo[] => all.filter(({ deviceId }) => !gone.has(deviceId))
  const open = async (audio: MediaTrackConstraints): Promise<MediaStream> => {
    const { exact, ideal } = (audio.deviceId ?? {}) as { exact?: string; ideal?: string }
    const there = present()
    if (!there.length) throw namedError('NotFoundError')
    if (exact && !there.some(({ deviceId }) => deviceId === exact)) throw namedError('OverconstrainedError')
    const chosen = there.find(({ deviceId }) => deviceId === (exact ?? ideal)) ?? there[0]!
    return own.getUserMedia.call(mediaDevices, { audio: { ...audio, deviceId: { exact: chosen.deviceId } } })
  }
  const board: Plugboard = {
    asked: [],
    tracks: [],
    track: () => board.tracks.at(-1)!,
    idOf: (name) => find(name).deviceId,
    unplug(...names) {
      const ids = names.map((name) => find(name).deviceId)
      for (const id of ids) gone.add(id)
      for (const track of board.tracks) {
        if (track.readyState !== 'live' || !ids.includes(track.getSettings().deviceId ?? '')) continue
        // A track that is stopped tells nobody; one whose device goes away does.
        track.stop()
        track.dispatchEvent(new Event('ended'))
      }
      board.tell()
    },
    plug(...names) {
      for (const name of names) gone.delete(find(name).deviceId)
      board.tell()
    },
    tell: () => void mediaDevices.dispatchEvent(new Event('devicechange')),
    setDefault(name) {
      defaultGroup = find(name).groupId
      board.tell()
    },
    answer: null,
    restore: () => void Object.assign(mediaDevices, own),
  }
  Object.assign(mediaDevices, {
    async getUserMedia({ audio }: { audio: MediaTrackConstraints }) {
      board.asked.push(audio)
      const stream = await (board.answer ?? open)(audio)
      board.tracks.push(...stream.getTracks())
      return stream
    },
    enumerateDevices: () =>
      Promise.resolve(
        present().map((device) =>
          device.deviceId === 'default'
            ? { deviceId: 'default', label: device.label, kind: device.kind, groupId: defaultGroup }
            : device,
        ),
      ),
  })
  return board
}
