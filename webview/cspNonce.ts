/**
 * The toolkit probes the browser with a <style> element while it is being imported, and takes the nonce that the strict
 * content security policy asks for from <meta property="csp-nonce">. Imported before the toolkit, for this effect only.
 */
const nonce = document.querySelector('[data-nonce]')?.getAttribute('data-nonce');
if (nonce) {
  const meta = document.createElement('meta');
  meta.setAttribute('property', 'csp-nonce');
  meta.content = nonce;
  document.head.append(meta);
}
