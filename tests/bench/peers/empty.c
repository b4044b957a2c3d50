/* The cheapest dynamic program: what a start costs before anything is done. */
int main(void) { return 0; }
