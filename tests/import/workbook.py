"""Small .xlsx workbooks, made by hand: texts shared, dates and percentages as numbers with styles.

Styles: 0 plain, 1 a built-in date, 2 a custom date with time, 3 a percentage, 4 a custom Chinese date."""
import io
import zipfile
from xml.sax.saxutils import escape, quoteattr

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def letters(column):
    out = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        out = chr(65 + rest) + out
    return out


def parts(rows, since_1904=False, sheet="一"):
    strings, lines = [], []
    for r, row in enumerate(rows, 1):
        cells = []
        for c, cell in enumerate(row):
            place = letters(c) + str(r)
            if isinstance(cell, tuple):
                kind, value, style = cell
                cells.append('<c r="%s" s="%d" t="%s"><v>%s</v></c>' % (place, style, kind, value))
            elif cell and len(strings) % 3 == 2:
                strings.append("")
                cells.append('<c r="%s" t="inlineStr"><is><r><t>%s</t></r><r><t>%s</t></r></is></c>' % (place, escape(cell[:1]), escape(cell[1:])))
            elif cell:
                cells.append('<c r="%s" t="s"><v>%d</v></c>' % (place, len(strings)))
                strings.append(cell)
        if cells:
            lines.append('<row r="%d">%s</row>' % (r, "".join(cells)))
    return {
        "[Content_Types].xml": "<Types/>",
        "xl/workbook.xml": '<workbook xmlns="%s" xmlns:r="%s"><workbookPr%s/><sheets><sheet name="藏" sheetId="2" state="hidden" r:id="r2"/>'
        '<sheet name=%s sheetId="1" r:id="r1"/></sheets></workbook>' % (MAIN, RELATIONS, ' date1904="1"' if since_1904 else "", quoteattr(sheet)),
        "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="r1" Type="x/worksheet" Target="worksheets/sheet1.xml"/>'
        '<Relationship Id="r2" Type="x/worksheet" Target="worksheets/sheet2.xml"/></Relationships>',
        "xl/styles.xml": '<styleSheet xmlns="%s"><numFmts><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/>'
        '<numFmt numFmtId="165" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@"/></numFmts><cellXfs><xf numFmtId="0"/>'
        '<xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="10"/><xf numFmtId="165"/></cellXfs></styleSheet>' % MAIN,
        "xl/sharedStrings.xml": '<sst xmlns="%s">%s</sst>' % (MAIN, "".join(
            "<si><t>%s</t><rPh><t>读音</t></rPh></si>" % escape(text) for text in strings)),
        "xl/worksheets/sheet1.xml": '<worksheet xmlns="%s"><sheetData>%s</sheetData></worksheet>' % (MAIN, "".join(lines)),
        "xl/worksheets/sheet2.xml": '<worksheet xmlns="%s"><sheetData/></worksheet>' % MAIN,
    }


def xlsx(rows, since_1904=False):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in parts(rows, since_1904).items():
            file.writestr(name, text)
    return out.getvalue()
