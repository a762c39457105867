export { simulatorEnvironment } from './environment.ts'
