import { describe, expect, it } from 'vitest'
import { createCoordinator } from '../../../src/session/coordination.ts'

const speaker = () => ({ yield() {} })

describe('what sounds on a page', () => {
  it('is told when the first voice begins and when the last one is over, and to nobody who has left', () => {
    const coordinator = createCoordinator()
    const [one, two] = [speaker(), speaker()]
    const told: boolean[] = []
    const listener = (): void => void told.push(coordinator.isSounding)
    const undo = [coordinator.onSounding(listener), coordinator.onSounding(listener)]
    coordinator.sound(one, true)
    expect(told).toEqual([true, true])
    coordinator.sound(one, true)
    coordinator.sound(two, true)
    coordinator.sound(one, false)
    expect(told).toHaveLength(2)
    undo[0]!()
    undo[0]!()
    coordinator.sound(two, false)
    expect(told).toEqual([true, true, false])
    coordinator.sound(two, false)
    expect(told).toHaveLength(3)
  })
})
