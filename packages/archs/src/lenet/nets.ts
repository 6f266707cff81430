import { entry, type Nets } from '../net-entry.ts'
import { lenet } from './lenet.ts'

/** LeNet by name. */
export const lenets: Nets = {
  'lenet-bn': entry({ description: 'LeNet-5 with batch normalisation', input: [28, 28, 1], classes: 10 }, lenet),
}
