/** The most answers kept; the oldest go first. A flow has a handful of schemas. */
const mostEntries = 1000;

/** Remembers answers that never change, and lets those who ask meanwhile wait for the same one. Failures are forgotten. */
export class SharedCache<Value> {
  readonly #values = new Map<string, Value>();
  readonly #loading = new Map<string, Promise<Value | undefined>>();

  set(key: string, value: Value): void {
    this.#values.delete(key);
    this.#values.set(key, value);
    const [oldest] = this.#values.keys();
    if (this.#values.size > mostEntries && oldest !== undefined) this.#values.delete(oldest);
  }

  /** @param load answers undefined for what is not there, which is not remembered: it may come. */
  async get(key: string, load: () => Promise<Value | undefined>): Promise<Value | undefined> {
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const value = await this.share(key, load);
    if (value !== undefined) this.set(key, value);
    return value;
  }

  /** One answer for all who ask at the same time; asked for anew afterwards. */
  share(key: string, load: () => Promise<Value | undefined>): Promise<Value | undefined> {
    const shared = this.#loading.get(key);
    if (shared !== undefined) return shared;
    const loading = load().finally(() => this.#loading.delete(key));
    this.#loading.set(key, loading);
    return loading;
  }
}
