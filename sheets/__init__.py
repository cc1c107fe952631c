"""The shared spreadsheet: columns, meaning of cells, three-way merge, and the .xlsx workbook behind one port."""
