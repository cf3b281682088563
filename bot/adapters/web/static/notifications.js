// Turns notifications on and off: asks the browser for an address where it takes messages, and tells the server.

function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
}

export class Section {
  /** `tools`: what push.js has for both. */
  constructor(node, registration, tools) {
    Object.assign(this, tools);
    this.node = node;
    this.registration = registration;
    node.addEventListener("submit", (event) => {
      if (!event.target.matches("form[data-push]")) return;
      event.preventDefault();
      this.sent(event.target, event.submitter);
    });
    node.addEventListener("click", (event) => {
      if (event.target.closest("[data-push-on] button")) this.turnOn();
    });
    this.offer();
  }

  say(words) {
    const place = this.node.querySelector("[data-push-said]");
    place.textContent = words;
    place.hidden = !words;
  }

  // What can be done in this browser, or what keeps it from being told.
  async offer() {
    const on = this.node.querySelector("[data-push-on]");
    on.hidden = true;
    if (!window.isSecureContext) return this.say("Notifications need https: open Placet at its https address, or on this machine itself.");
    const alone = matchMedia("(display-mode: standalone)").matches || navigator.standalone;
    if (!this.able && /iPhone|iPad/.test(navigator.userAgent) && !alone) {
      return this.say("On an iPhone or iPad, add Placet to the home screen first (Share, Add to Home Screen) and open it from there.");
    }
    if (!this.able) return this.say("This browser takes no notifications.");
    if (Notification.permission === "denied") return this.say("This browser was told to show no notifications of Placet. Allow them in its settings for this site.");
    if (this.node.querySelector("[data-push-here]") && (await this.registration?.pushManager.getSubscription())) return;
    on.hidden = false;
  }

  async turnOn() {
    const button = this.node.querySelector("[data-push-on] button");
    if (button.disabled) return;
    button.disabled = true;
    try {
      if ((await Notification.requestPermission()) !== "granted") return void (await this.offer());
      const key = bytes(this.node.dataset.pushKey);
      const asked = { userVisibleOnly: true, applicationServerKey: key };
      let subscription;
      try {
        subscription = await this.registration.pushManager.subscribe(asked);
      } catch (problem) {
        if (problem.name !== "InvalidStateError") throw problem;
        // It was asked with another key, before the database was made anew.
        await (await this.registration.pushManager.getSubscription())?.unsubscribe();
        subscription = await this.registration.pushManager.subscribe(asked);
      }
      const answer = await this.send(this.PLACE, this.fieldsOf(subscription));
      if (answer.ok) this.remembered(this.door);
      else await subscription.unsubscribe();
      await this.show(answer);
    } catch (problem) {
      this.say(`This browser could not turn them on: ${problem.message}`);
    } finally {
      button.disabled = false;
    }
  }

  async sent(form, pressed) {
    const here = form.matches("[data-push-here]");
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body: new URLSearchParams(new FormData(form, pressed)),
        headers: { "X-Placet-Fragment": "1" },
      });
      if (here && answer.ok) {
        await (await this.registration?.pushManager.getSubscription())?.unsubscribe();
        this.remembered(null);
      }
      await this.show(answer);
    } catch {
      this.say("Placet cannot be reached; nothing was changed for certain. Try again.");
    }
  }

  async show(answer) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("notifications");
    if (!fresh) return this.say(page.querySelector("main")?.textContent.trim() || "Something went wrong: look at this page anew.");
    const kept = document.importNode(fresh, true);
    // The heading stays: on a page of its own it is the page's.
    kept.querySelector("#notifications-title").replaceWith(this.node.querySelector("#notifications-title"));
    this.node.replaceChildren(...kept.childNodes);
    document.dispatchEvent(new CustomEvent("placet:shown", { detail: this.node }));
    await this.offer();
  }
}
