import { expect, it } from 'vitest'
import { defaultFolder } from './run-folder.ts'

it('a run goes to a folder with its date, time and net', () => {
  const folder = (...rest: readonly number[]): string =>
    defaultFolder(Date.UTC(2026, 10, 22, 7, 40, 12), 'resnet8', ...rest).replaceAll('\\', '/')
  expect(folder()).toBe('runs/2026-11-22-074012-resnet8')
  expect(folder(2)).toBe('runs/2026-11-22-074012-resnet8-2')
})
