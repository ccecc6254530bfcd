"""The two sample letters of the demonstration: one with a picture and a PDF, one plain."""
import email.message
import email.policy
import email.utils
import struct
import zlib

SENDER = 'Dana Whitfield <dana.whitfield@agency.example>'
READER = 'Alice Example <alice@mailbox.example>'


def picture(width=240, height=80):
    """A PNG: a seal-blue band with a lighter circle."""
    rows = b''
    for y in range(height):
        rows += b'\0' + b''.join(
            bytes((230, 238, 245) if (x - 40) ** 2 + (y - 40) ** 2 < 900 else (26, 82, 118 + x // 4)) for x in range(width))

    def chunk(kind, content):
        return struct.pack('>I', len(content)) + kind + content + struct.pack('>I', zlib.crc32(kind + content))

    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0))
            + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b''))


def pdf(line):
    """A PDF of one page with one line, small enough to write by hand."""
    stream = f'BT /F1 18 Tf 72 720 Td ({line}) Tj ET'.encode()
    objects = [b'<< /Type /Catalog /Pages 2 0 R >>', b'<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
               b'<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R '
               b'/Resources << /Font << /F1 5 0 R >> >> >>',
               b'<< /Length %d >>\nstream\n%s\nendstream' % (len(stream), stream),
               b'<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>']
    out, places = b'%PDF-1.4\n', []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b'%d 0 obj\n%s\nendobj\n' % (number, content)
    table = b''.join(b'%010d 00000 n \n' % place for place in places)
    return out + b'xref\n0 %d\n0000000000 65535 f \n%strailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n' % (
        len(objects) + 1, table, len(objects) + 1, len(out))


def _message(subject, reader):
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message['From'], message['To'], message['Subject'] = SENDER, reader, subject
    message['Date'] = email.utils.formatdate(usegmt=True)
    message['Message-ID'] = email.utils.make_msgid(domain='agency.example')
    return message


def with_picture_and_pdf(reader=READER, word=''):
    message = _message('Secure: Your benefit statement', reader)
    message.set_content(f'Dear Alice,\n\nyour statement for November is attached.\n{word}\n\nDana Whitfield\n'
                        'Department of Examples\n')
    message.add_alternative(
        '<html><body style="font-family: sans-serif"><p><img src="cid:banner@agency.example" alt="Department of Examples">'
        f'<p>Dear Alice,<p>your statement for <b>November</b> is attached.<p>{word}<p>Dana Whitfield<br>Department of '
        'Examples</body></html>', subtype='html')
    message.get_payload()[1].add_related(picture(), 'image', 'png', cid='<banner@agency.example>', filename='banner.png')
    message.add_attachment(pdf('Statement for November: 1,234.56 USD'), 'application', 'pdf', filename='statement.pdf')
    return message.as_bytes()


def plain(reader=READER, word=''):
    message = _message('[secure] Your appointment', reader)
    message.set_content(f'Dear Alice,\n\nyour appointment is on Thursday at ten — please bring your identity card.\n{word}\n\n'
                        'Dana Whitfield\n')
    return message.as_bytes()
