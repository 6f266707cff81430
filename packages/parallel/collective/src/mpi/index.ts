export { findLauncher, type Launcher } from './launcher.ts'
export { mpi, type MpiOptions } from './mpi.ts'
