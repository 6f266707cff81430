import { afterEach, expect, it, vi } from 'vitest'
import { nextTask } from './next-task.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

it.each(['with setImmediate', 'without it, as in browsers'])(
  'lets all promises that are ready go first, %s',
  async (which) => {
    if (which.startsWith('without')) vi.stubGlobal('setImmediate', undefined)
    const order: string[] = []
    const promises = async (): Promise<void> => {
      for (let i = 0; i < 100; i++) await Promise.resolve()
      order.push('promises')
    }
    await Promise.all([nextTask().then(() => order.push('task')), promises()])
    expect(order).toEqual(['promises', 'task'])
  },
)
