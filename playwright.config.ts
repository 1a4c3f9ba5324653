// The browser tests: a real Chromium before the real binary. `cargo xtask test browser` runs them.
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: 'tests/e2e',
  outputDir: 'target/test-results',
  // Every test starts a server of its own; two cores carry one server and one browser.
  workers: 1,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  forbidOnly: true,
  retries: 0,
  // Recordings lie beside the checkout or nowhere: their tests are part of `cargo xtask test realdata`.
  projects: [
    { name: 'room', testIgnore: ['recorded.spec.ts', 'pictures.spec.ts', 'crowded.spec.ts'] },
    // A part of `room` again: `cargo xtask prove frozen` runs it alone, at full size.
    { name: 'frozen', testMatch: 'frozen.spec.ts' },
    { name: 'recorded', testMatch: 'recorded.spec.ts' },
    // Makes pictures for the documentation.
    { name: 'pictures', testMatch: 'pictures.spec.ts' },
    // `cargo xtask prove crowded` runs it.
    { name: 'crowded', testMatch: 'crowded.spec.ts' },
  ],
  use: {
    viewport: { width: 1440, height: 900 },
    colorScheme: 'dark',
    locale: 'en-GB',
    timezoneId: 'Europe/Madrid',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env.TALAIA_CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'],
    },
  },
});
