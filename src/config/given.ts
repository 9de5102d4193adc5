/** What settings say: `name: undefined` says as little as leaving it out, and must replace nothing. */
export function given<Settings extends object>(settings: Settings): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as Settings;
}
