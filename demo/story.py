"""The whole story of two letters, played by a browser without a window. Each step either works or raises with what was seen instead."""
import email
import email.policy
import pathlib
import re
import smtplib
import tempfile
import time

import browser
import letters

PASSWORD = 'seven green kettles whisper'


class Failure(Exception):
    pass


def expect(true, what, page=None):
    if not true:
        seen = f'\n  seen: {page.status} {page.url}\n  {page.text[:600]}' if page is not None else ''
        raise Failure(what + seen)


def send(system, letter, recipients, options=('BODY=8BITMIME',)):
    """Hand a letter to the gateway by LMTP, as a mail server does; returns the refused recipients."""
    client = smtplib.LMTP('127.0.0.1', system.gateway_port)
    client.ehlo('mail.agency.example')
    refused = client.sendmail('dana.whitfield@agency.example', recipients, letter, mail_options=list(options))
    client.quit()
    return refused


def carrier_of(mail, folder):
    """Save the attachment, as a person does."""
    parts = [part for part in mail.iter_attachments() if part.get_filename() == 'SecureMessage.html']
    expect(len(parts) == 1, 'the mail has one attachment SecureMessage.html')
    path = pathlib.Path(folder) / 'SecureMessage.html'
    path.write_bytes(parts[0].get_payload(decode=True))
    return path


def whole_mail(client, page):
    """Save the whole message, as received by the gateway."""
    return client.get(page.link('Save the whole message')).body


class Story:
    def __init__(self, system, catcher, reader='alice@mailbox.example', say=print, client=None):
        self.system, self.catcher, self.reader, self.say = system, catcher, reader, say
        self.client = client or browser.Browser()
        self.folder = tempfile.mkdtemp(prefix='reader-', dir=system.folder)
        self.started = time.monotonic()

    def step(self, text):
        self.say(f'  {time.monotonic() - self.started:6.2f} s  {text}')

    def deliver(self, letter):
        """A letter in, a sealed mail out; the carrier as a saved file."""
        before = len(self.catcher.mails())
        refused = send(self.system, letter, [self.reader])
        expect(not refused, f'the gateway took the letter: {refused}')
        expect(len(self.catcher.mails()) == before + 1, 'one mail has gone out when the gateway says 250')
        mail = self.catcher.mails()[before]
        self.step(f'letter in ({len(letter)} bytes), sealed mail out: “{mail["Subject"]}”')
        return carrier_of(mail, self.folder)

    def press(self, path):
        """Open the saved attachment and press its one button."""
        page = browser.Browser.open_file(path)
        return self.client.submit(page, page.form('message', 'signature'), origin='null')

    def register(self, page):
        before = len(self.catcher.mails())
        form = page.form('name', 'password', 'again', 'question', 'answer', 'terms')
        page = self.client.submit(page, form, {
            'name': 'Alice Example', 'password': PASSWORD, 'again': PASSWORD,
            'question': next(filter(None, form.choices['question'])), 'answer': 'Miss Harding', 'terms': 'yes'})
        expect(page.status == 200 and self.reader in page.text, 'the registration was taken', page)
        self.step('registered; a confirmation mail is on its way')
        mail = self.catcher.wait(
            lambda m: 'confirm your e-mail' in str(m['Subject']) and m['Delivered-To'] == self.reader, before)
        expect(mail is not None, 'the confirmation mail came')
        return re.search(rf'^{re.escape(self.system.url)}/confirm/\S+', mail.get_content(), re.M)[0]

    def confirm(self, link):
        page = self.client.get(link)
        expect(page.status == 200, 'the link shows a page', page)
        form = next(form for form in page.forms if form.action.endswith('deny') is False and '/confirm/' in form.action)
        page = self.client.submit(page, form)
        self.step('mailbox proved')
        return page

    def read(self, page, letter):
        """Everything a reader does with a message; the saved one must be what went in."""
        subject = email.message_from_bytes(letter, policy=email.policy.default)['Subject']
        expect(page.status == 200 and subject in page.text, f'the message “{subject}” is shown', page)
        saved = whole_mail(self.client, page)
        expect(saved == letter, f'the saved message is byte for byte what went in ({len(saved)} of {len(letter)} bytes)')
        self.step(f'read “{subject}”; the saved message is byte for byte what went in')
        return page

    def parts(self, page, letter):
        """The formatted text with its picture, and each attachment."""
        frame = next(f for f in page.frames if f.endswith('/body'))
        body = self.client.get(browser.urllib.parse.urljoin(page.url, frame))
        expect('sandbox' in body.headers['content-security-policy'], 'the frame is sandboxed', body)
        image = next(f for f in body.frames if f)
        if not image.startswith('data:'):
            # A sandboxed frame sends no cookies: neither do we.
            image = browser.Browser(self.client.tls).get(browser.urllib.parse.urljoin(body.url, image))
            expect(image.body == letters.picture(), 'the picture in the text is shown', image)
        download = self.client.get(page.link('Download'))
        expect('attachment' in download.headers['content-disposition'], 'the attachment is saved, not shown', download)
        original = next(p for p in email.message_from_bytes(letter, policy=email.policy.default).iter_attachments())
        expect(download.body == original.get_content(), 'the attachment is what was attached', download)
        self.step('formatted text, its picture and the attachment are all there')

    def sign_out(self, page):
        address = page.url
        page = self.client.submit(page, next(f for f in page.forms if f.action.endswith('/sign-out')))
        expect('signed out' in page.text.lower(), 'signing out is confirmed', page)
        again = self.client.get(address)
        expect('Save the whole message' not in again.text, 'nothing is shown after signing out', again)
        self.step('signed out; the page of the message shows nothing any more')

    def sign_in(self, page):
        expect('password' in page.form('password').names(), 'the address is known: the password page comes', page)
        return self.client.submit(page, page.form('password'), {'password': PASSWORD})

    def play(self):
        first = letters.with_picture_and_pdf(f'Alice Example <{self.reader}>')
        page = self.confirm(self.register(self.press(self.deliver(first))))
        page = self.read(page, first)
        self.parts(page, first)
        self.sign_out(page)
        second = letters.plain(f'Alice Example <{self.reader}>')
        page = self.press(self.deliver(second))
        self.step('second letter: the address is known')
        page = self.read(self.sign_in(page), second)
        self.sign_out(page)
