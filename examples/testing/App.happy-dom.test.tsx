// @vitest-environment happy-dom
// The same tests in another environment.
import './App.test.tsx'
