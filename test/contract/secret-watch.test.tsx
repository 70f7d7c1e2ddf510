// @vitest-environment jsdom
import { describeSecretWatch } from './secret-watch.tsx'

describeSecretWatch('in Node')
